import { Catlog, FileCursor } from 'catlog-client';

const catlog = new Catlog({ data: process.argv[2] ?? './catlog-data' });
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
try {
  const cursor = new FileCursor(process.argv[3] ?? 'follow.cursor');
  for await (const change of catlog.changes({ topics: ['movies/'], cursor, signal: stop.signal })) {
    if (change.type === 'movieRated') console.log(change.topic, change.data.rating);
    else console.log(change.topic, change.type);
  }
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
