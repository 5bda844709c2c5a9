import { Catlog } from 'catlog-client';

const catlog = new Catlog({ data: process.argv[2] ?? './catlog-data' });
const receipt = await catlog.send({ putGenre: { tmdbId: 16, name: 'Animation' } });
if ('refused' in receipt) console.error(receipt.refused.code, receipt.refused.message);
else console.log(receipt);
await catlog.close();
