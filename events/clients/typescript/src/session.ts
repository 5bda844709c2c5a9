import { randomBytes } from 'node:crypto';
import type { Receipt } from './vocabulary.js';

const ID_BYTES = 16;
const MOST_BEHIND = 1023;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isOutOfOrder(receipt: Receipt): boolean {
  return 'refused' in receipt && receipt.refused.code === 'outOfOrder';
}

/** Where to send it instead, and by what key that is known: of a machine of a cluster that does not write; empty when none does now. */
export function leaderOf(receipt: Receipt): { leader: string; key: string | undefined } | undefined {
  if (!('refused' in receipt) || receipt.refused.code !== 'notLeader') return undefined;
  return { leader: receipt.refused.leader ?? '', key: receipt.refused.leaderKey };
}

// Zeros are no command: a daemon refuses one whose id is no UUID, so it is none that it could look for.
function bytesOfId(id: unknown): Buffer {
  const text = String(id);
  return UUID.test(text) ? Buffer.from(text.replaceAll('-', ''), 'hex') : Buffer.alloc(ID_BYTES);
}

/**
 * A producer's session (PROTOCOL.md, "Sessions"): which place each command has among its commands, so that the daemon
 * carries them out in that order, whatever overtakes on the way. Knows which time everything is sent, too: an `outOfOrder`
 * to an earlier time says nothing any more.
 */
export class Session {
  readonly #id = randomBytes(ID_BYTES);
  #time = 0;
  #behind: Buffer[] = []; // what the first one that is sent again tells of those behind it
  #lastPosition = 0; // that a receipt named

  answeredBy(receipt: Receipt): void {
    if ('accepted' in receipt) this.#lastPosition = Math.max(this.#lastPosition, Number(receipt.accepted.lastPosition));
  }

  /** `commands`: all that have a number and no receipt, in order; they are sent again. */
  beginAgain(commands: { number: number; id: string; wasSent: boolean }[]): void {
    this.#time += 1;
    this.#behind = [];
    const first = commands[0];
    if (!first?.wasSent || commands.length < 2) return;
    const ids: Buffer[] = [];
    for (const { number, id, wasSent } of commands.slice(1)) {
      const at = number - first.number - 1;
      if (at >= MOST_BEHIND) break;
      while (ids.length < at) ids.push(Buffer.alloc(ID_BYTES)); // it has its receipt
      ids.push(wasSent ? bytesOfId(id) : Buffer.alloc(ID_BYTES));
    }
    const position = Buffer.alloc(8);
    position.writeBigUInt64BE(BigInt(this.#lastPosition));
    this.#behind = [position, ...ids];
  }

  /** Of a message with so many commands, of which this is the first. */
  tagOf(number: number, count: number): string {
    return `${this.#time}.${number}.${count}`;
  }

  read(tag: Buffer): { number: number; count: number; isOfNow: boolean } {
    const [time, number, count] = tag.toString().split('.');
    return { number: Number(number), count: Number(count), isOfNow: Number(time) === this.#time };
  }

  /** The fourth frame. The first one after beginAgain() tells what is behind it. */
  frameOf(number: number, oldest: number): Buffer {
    const words = Buffer.alloc(16);
    words.writeBigUInt64BE(BigInt(number), 0);
    words.writeBigUInt64BE(BigInt(oldest), 8);
    const behind = this.#behind;
    this.#behind = [];
    return Buffer.concat([this.#id, words, ...behind]);
  }
}
