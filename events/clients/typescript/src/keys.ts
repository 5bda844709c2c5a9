import { readFileSync, statSync } from 'node:fs';
import { inspect } from 'node:util';

const KEY_LENGTH = 40;
const OTHERS = 0o077;
const MORE_THAN_ONE = /[,;\x00-\x1f]/; // what ZeroMQ, or our own lists of endpoints, would take for that
const HERE = /^(ipc:\/\/\/|tcp:\/\/(127\.0\.0\.1|localhost|\[::1\]):[0-9]+$)/;

/** What a client proves itself by over tcp, and knows the daemon by: PROTOCOL.md, "Keys and roles". In Z85. */
export class Keys {
  constructor(
    readonly serverKey: string,
    readonly publicKey: string,
    /** Not enumerable: nothing that prints these shows it. */
    secretKey: string,
  ) {
    Object.defineProperty(this, 'secretKey', { value: secretKey, enumerable: false });
  }
  declare readonly secretKey: string;

  [inspect.custom](): string {
    return 'Keys {}';
  }

  /** Those of a file of `catlog bus-keys new`; `serverKey`: the daemon's, in place of the file's. */
  static read(file: string, serverKey?: string): Keys {
    if (process.platform !== 'win32' && (statSync(file).mode & OTHERS) !== 0)
      throw new RangeError(`the key file ${file} may be read or written by others: chmod 600 it`);
    const said = new Map<string, string>();
    for (const line of readFileSync(file, 'ascii').split('\n')) {
      const space = line.indexOf(' ');
      if (space > 0) said.set(line.slice(0, space), line.slice(space + 1));
    }
    const all = [serverKey ?? said.get('server-key'), said.get('public-key'), said.get('secret-key')];
    const [server, own, secret] = all;
    if (server?.length !== KEY_LENGTH || own?.length !== KEY_LENGTH || secret?.length !== KEY_LENGTH)
      throw new RangeError(`the key file ${file} holds no keys: \`catlog bus-keys new NAME --role ROLE\` makes one`);
    return new Keys(server, own, secret);
  }

  /** Whether a key is asked for there; a socket's file is guarded by its rights. */
  static areWantedAt(endpoint: string): boolean {
    return !endpoint.startsWith('ipc://') || endpoint.startsWith('ipc://@');
  }

  /**
   * Whether a client goes on at `to` because an answer says that it writes, and has `key` (not said: undefined). No answer makes
   * it believe a key that its owner did not give it, nor go on without keys where it has some, nor leave this machine where it
   * has none.
   */
  static mayFollow(at: string, to: string, key: string | undefined, keys: Keys | undefined): boolean {
    if (MORE_THAN_ONE.test(to)) return false;
    if (keys && Keys.areWantedAt(to)) return !key || key === keys.serverKey;
    if (keys && Keys.areWantedAt(at)) return false;
    return HERE.test(to);
  }

  /** Options of a socket that connects there. */
  static options(
    keys: Keys | undefined,
    endpoint: string,
  ): { curveServerKey?: string; curvePublicKey?: string; curveSecretKey?: string } {
    if (!keys || !Keys.areWantedAt(endpoint)) return {};
    return { curveServerKey: keys.serverKey, curvePublicKey: keys.publicKey, curveSecretKey: keys.secretKey };
  }
}
