export { Catlog, type CatlogOptions } from './catlog.js';
export { Producer, type NewCommand, type ProducerOptions, type SendOptions } from './producer.js';
export { changes, type Change, type ChangeOf, type ChangesOptions, type Withheld } from './changes.js';
export { waitFor, type WaitOptions } from './waiting.js';
export { FileCursor, type Cursor, type CursorStore } from './cursor.js';
export { CatlogError, HistoryChanged, NotACatlog, Unreachable } from './errors.js';
export { newId } from './ids.js';
export { Keys } from './keys.js';
export * from './vocabulary.js';
