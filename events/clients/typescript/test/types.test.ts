import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands, events, limits, meaningOfRefusalCode } from 'catlog-client';
import type { Change, Command, MovieRef, NewCommand, Receipt, Event } from 'catlog-client';

// What the compiler must take, and what it must not.
export const byId: MovieRef = { id: 1 };
export const byKey: MovieRef = { tmdbId: 603 };
// @ts-expect-error: two ways at once
export const twice: MovieRef = { id: 1, tmdbId: 603 };
// @ts-expect-error: none
export const none: MovieRef = {};
export const rated: NewCommand = { rateMovie: { movie: byKey, rating: 5 } };
// @ts-expect-error: two commands at once
export const both: NewCommand = { rateMovie: { movie: byKey }, removeMovie: { movie: byKey } };
// @ts-expect-error: what it is about is needed
export const nothing: NewCommand = { rateMovie: { rating: 5 } };
// @ts-expect-error: what the handler assigns is no producer's
export const assigned: NewCommand = { putGenre: { tmdbId: 1, name: 'A', id: 7 } };
// @ts-expect-error: a command that is there again needs its id
export const withoutId: Command = { putGenre: { tmdbId: 1, name: 'A' } };
// @ts-expect-error: no such role
export const role: NewCommand = { assignRole: { user: { username: 'ada' }, role: 'owner' } };
// @ts-expect-error: exactly one of movie and tvShow
export const listed: NewCommand = { listTitle: { mediaList: { id: 1 }, movie: { id: 1 }, tvShow: { id: 1 } } };

export function sentence(receipt: Receipt): string {
  if ('accepted' in receipt) return `accepted at ${receipt.accepted.lastPosition}`;
  if ('unchanged' in receipt) return 'unchanged';
  return `${receipt.refused.code}: ${receipt.refused.message}`;
}

export function titleOf(change: Change): string | undefined {
  switch (change.type) {
    case 'movieDescribed':
      return change.data.title;
    case 'tvShowDescribed':
      return change.data.name;
    case 'movieRemoved':
      return change.data satisfies null ?? undefined;
    default:
      return undefined;
  }
}

export function kindOf(command: NewCommand): number | undefined {
  if (command.rateMovie !== undefined) return command.rateMovie.rating ?? 0;
  return undefined;
}

export function nameIn(event: Event): string | undefined {
  return 'genreDescribed' in event ? event.genreDescribed.name : undefined;
}

test('the catalogue is there as values too', () => {
  assert.equal(limits.commandBytes, 1 << 20);
  assert.match(commands.rateMovie.says, /popularity/);
  assert.equal(events.movieTranslated.stream, 'movies');
  assert.match(meaningOfRefusalCode.versionConflict, /changed/);
});
