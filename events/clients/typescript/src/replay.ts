import { Asker } from './asker.js';
import { CatlogError, HistoryChanged, NotACatlog } from './errors.js';
import { objectOf } from './json.js';
import type { Keys } from './keys.js';
import type { ReplayAnswer, ReplayRequest } from './vocabulary.js';

export interface Answer {
  answer: ReplayAnswer;
  /** Of a chunk: topic, header, payload of each event. */
  frames: Buffer[];
}

// PROTOCOL.md, "Cursors"; all else is wrong with the question itself, and what was made of the log is whole.
const OF_THE_CURSOR = /^(read\.|\/read\/)(logId|from|lastCommandId):|^(waitFor\.|\/waitFor\/)(logId|position):/;

function refusal(sentence: string): CatlogError {
  const Kind = OF_THE_CURSOR.test(sentence) ? HistoryChanged : CatlogError;
  return new Kind(`the replay socket refuses: ${sentence}`);
}

/** Asks the replay socket. */
export class Replay {
  readonly #asker: Asker;

  constructor(endpoint: string, patienceMs: number, askAgainMs: number, signal: AbortSignal | undefined, keys?: Keys) {
    this.#asker = new Asker(endpoint, patienceMs, askAgainMs, signal, keys);
  }

  /** Throws HistoryChanged when the cursor is refused, CatlogError when the question is, NotACatlog, and as Asker. */
  async ask(request: ReplayRequest): Promise<Answer> {
    return this.#read(await this.#asker.ask(request));
  }

  close(): void {
    this.#asker.close();
  }

  #read(frames: Buffer[]): Answer {
    const object = objectOf(frames[0]!);
    if (!object) throw new NotACatlog('the answer of the replay socket cannot be read');
    const answer = object as unknown as ReplayAnswer;
    if ('refused' in answer) throw refusal(answer.refused);
    if ('chunk' in answer && Number(answer.chunk.events) * 3 !== frames.length - 1)
      throw new NotACatlog('the answer of the replay socket has not the frames that it tells of');
    return { answer, frames: frames.slice(1) };
  }
}
