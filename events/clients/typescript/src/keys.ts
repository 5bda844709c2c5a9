import { readFileSync, statSync } from 'node:fs';
import { inspect } from 'node:util';

const KEY_LENGTH = 40;
const OTHERS = 0o077;

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
      throw new RangeError(`the key file ${file} holds no keys: \`catlog bus-keys new\` makes one`);
    return new Keys(server, own, secret);
  }

  /** Options of a socket. */
  static options(keys: Keys | undefined): { curveServerKey?: string; curvePublicKey?: string; curveSecretKey?: string } {
    if (!keys) return {};
    return { curveServerKey: keys.serverKey, curvePublicKey: keys.publicKey, curveSecretKey: keys.secretKey };
  }
}
