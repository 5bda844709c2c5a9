const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON as catlog takes it: a bigint as its digits in text. A number that is none (NaN, Infinity) is refused, because
 * JSON would make it null, which means "left out".
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (key, each: unknown) => {
    if (typeof each === 'bigint') return each.toString();
    if (typeof each === 'number' && !Number.isFinite(each))
      throw new TypeError(`${key} is ${each}, which is no number in JSON; leave it out, or send one`);
    return each;
  });
}

/** The JSON object of a frame; undefined when it is none. */
export function objectOf(frame: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(frame));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
