/**
 * `npm run demo`: an enterprise sets up its organization and lives in it for a few minutes, over real software at every
 * edge. `--shape micro --engine postgres` tells the same of separate services on PostgreSQL.
 */
import { parseArgs } from 'node:util';
import type { EngineName, Shape } from '../test/harness/server.ts';
import { certificate } from './certificate.ts';
import { crash } from './crash.ts';
import { dataPlatform } from './data-platform.ts';
import { guardrail } from './guardrail.ts';
import { hsmFailure } from './hsm-failure.ts';
import { landingZone } from './landing-zone.ts';
import { archive, record } from './record.ts';
import { tell } from './story.ts';
import { tampering } from './tampering.ts';
import { webApplication } from './web-application.ts';
import { whatIf } from './what-if.ts';

const { values } = parseArgs({
  options: { shape: { type: 'string', default: 'mono' }, engine: { type: 'string', default: 'sqlite' } },
});
const { shape, engine } = values;
if (!['mono', 'micro'].includes(shape) || !['sqlite', 'postgres'].includes(engine)) {
  process.stderr.write('usage: npm run demo -- [--shape mono|micro] [--engine sqlite|postgres]\n');
  process.exit(1);
}

await tell(shape as Shape, engine as EngineName, async (story) => {
  const { management, shop, data, shared } = await story.chapter('The landing zone', landingZone);
  const { rsyslog, kept } = await story.chapter('The archive', archive(management));
  const { eventId } = await story.chapter('The guardrail', guardrail(shop));
  const { key } = await story.chapter('The data platform', dataPlatform(data));
  const { site } = await story.chapter('The web application', webApplication(shop));
  await story.chapter('The certificate', certificate(shared, site));
  await story.chapter('What if', whatIf(management, shop, site));
  await story.chapter('The lost HSM', hsmFailure(data, key, site));
  await story.chapter('The crash', crash(data, site));
  await story.chapter('The record', record(management, rsyslog, kept));
  await story.chapter('The changed byte', tampering(management, data, { kept, eventId, key }));
});
