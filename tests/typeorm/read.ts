// Reads every entity with all of its relations from a read model, and from a database that TypeORM made and that got the
// same rows; both must be deeply equal.
//
//   node read.js TYPEORM READMODEL SCRATCH.sqlite      TYPEORM: the package, typeorm-0.3 or typeorm-1
import 'reflect-metadata';
import assert from 'node:assert';
import { DataSource, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';
import { AuditLog } from './entities/audit-log';
import { Episode } from './entities/episode';
import { Genre } from './entities/genre';
import { GenreTranslation } from './entities/genre-translation';
import { MediaList } from './entities/media-list';
import { Movie } from './entities/movie';
import { MovieSource } from './entities/movie-source';
import { MovieTranslation } from './entities/movie-translation';
import { RefreshToken } from './entities/refresh-token';
import { Season } from './entities/season';
import { Storage } from './entities/storage';
import { SyncState } from './entities/sync-state';
import { TraktUser } from './entities/trakt-user';
import { TVShow } from './entities/tv-show';
import { TVShowTranslation } from './entities/tv-show-translation';
import { User } from './entities/user';

type Row = Record<string, unknown>;

const entities = [
  Movie, TVShow, Season, Episode, MovieSource, Storage, User, RefreshToken, TraktUser, MediaList, Genre,
  GenreTranslation, MovieTranslation, TVShowTranslation, SyncState, AuditLog,
];
const [, , , readModelFile, scratchFile] = process.argv;

// As an application opens the read model: it never writes, and never changes the schema.
const readModel = new DataSource({
  type: 'better-sqlite3', database: readModelFile, readonly: true, fileMustExist: true, timeout: 5000,
  synchronize: false, entities,
});
const own = new DataSource({ type: 'better-sqlite3', database: scratchFile, synchronize: true, entities });

// What stands beside the contract's columns, which an application need not know.
const beside: Record<string, string[]> = {
  storage: ['phase', 'readable', 'failure', 'failedAt', 'directory', 'mainFile', 'mainFileSize', 'totalSize', 'lastAccess'],
  movie_sources: ['otherHash'],
};

// Of the tables of both, links too: the same columns but those, and then the same rows.
async function copyRows(metadata: EntityMetadata[]): Promise<void> {
  await own.query('PRAGMA foreign_keys = OFF');
  await own.query(`ATTACH '${readModelFile.replace(/'/g, "''")}' AS source`);
  for (const { tableName } of metadata) {
    const columns = async (schema: string) =>
      (await own.query(`SELECT name FROM pragma_table_info('${tableName}', '${schema}') ORDER BY name`))
        .filter((row: Row) => !beside[tableName]?.includes(row.name)).map((row: Row) => `"${row.name}"`).join();
    const names = await columns('main');
    assert.strictEqual(await columns('source'), names, `the columns of ${tableName}`);
    await own.query(`INSERT INTO main.${tableName} (${names}) SELECT ${names} FROM source.${tableName}`);
  }
}

// What is related comes in no order.
function sorted(row: Row): Row {
  for (const value of Object.values(row)) if (Array.isArray(value) && typeof value[0] === 'object')
    value.sort((a, b) => a.id - b.id);
  return row;
}

function all(from: DataSource, entity: EntityTarget<ObjectLiteral>): Promise<Row[]> {
  const relations = Object.fromEntries(from.getMetadata(entity).relations.map((each) => [each.propertyName, true]));
  return from.getRepository(entity).find({ relations, order: { id: 'ASC' } }).then((rows) => rows.map(sorted));
}

// What an application relies on, beyond that both are equal.
function checkValues(row: Row, metadata: EntityMetadata): void {
  for (const column of metadata.columns) {
    const value = row[column.propertyName];
    const what = `${metadata.tableName}.${column.propertyName}`;
    if (column.type === 'datetime') assert.ok(value instanceof Date && !Number.isNaN(value.getTime()), what);
    if (column.type === Boolean) assert.strictEqual(typeof value, 'boolean', what);
    if (column.type === 'simple-json') assert.ok(value === null || typeof value === 'object', what);
  }
}

async function compare(): Promise<string> {
  await readModel.initialize();
  await own.initialize();
  await copyRows(own.entityMetadatas);
  let rows = 0, related = 0;
  for (const entity of entities) {
    const metadata = readModel.getMetadata(entity);
    const found = await all(readModel, entity);
    assert.ok(found.length > 0, `${metadata.tableName} has rows`);
    assert.deepStrictEqual(found, await all(own, entity), metadata.tableName);
    for (const row of found) checkValues(row, metadata);
    for (const { propertyName } of metadata.relations) {
      const any = found.flatMap((row) => row[propertyName] ?? []);
      assert.ok(any.length > 0, `some of ${metadata.tableName} have ${propertyName}`);
      ++related;
    }
    rows += found.length;
  }
  await assert.rejects(readModel.query('DELETE FROM movies'), /readonly|read-only/);
  const [{ createdAt, ms }] = await readModel.query(
    "SELECT createdAt, CAST(round((julianday(createdAt) - 2440587.5) * 86400000) AS INTEGER) AS ms FROM movies WHERE id = 1");
  const first = await readModel.getRepository(Movie).findOneByOrFail({ id: 1 });
  assert.strictEqual(first.createdAt.getTime(), ms, `${createdAt} is UTC`);
  // Beyond 2^53 a number is rounded; more.ndjson has one.
  const large = await readModel.getRepository(Movie).findOneByOrFail({ tmdbId: 990001 });
  assert.strictEqual(large.budget, 9007199254740992);
  const [{ exact }] = await readModel.query('SELECT CAST(budget AS TEXT) AS exact FROM movies WHERE tmdbId = 990001');
  assert.strictEqual(exact, '9007199254740993');
  await readModel.destroy();
  await own.destroy();
  return `${entities.length} entities, ${rows} rows, ${related} relations are equal`;
}

compare().then((summary) => console.log(`${process.argv[2]}: ${summary}`), (error) => {
  console.error(`${process.argv[2]}: ${error.stack}`);
  process.exit(1);
});
