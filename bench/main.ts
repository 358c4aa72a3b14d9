/** `npm run bench [name...]`: runs benchmarks, prints their tables, writes `bench/results/<name>.json`. */
import { report } from './report.ts';

const benches = [
  'engine',
  'guardrails',
  'hsm',
  'hsm-pair',
  'store',
  'http',
  'start',
  'detective',
  'landing-zone',
  'replay',
  'propagation',
  'kms',
  'vault',
  'pca',
  'revocation',
  'record',
] as const;
/** Takes hours and tens of gigabytes: only when it is asked for. */
const asked = ['certificates'] as const;
const chosen = process.argv.slice(2).length > 0 ? process.argv.slice(2) : benches;

for (const name of chosen) {
  if (![...benches, ...asked].some((known) => known === name)) {
    process.stderr.write(`there is no benchmark ${name}; there are ${[...benches, ...asked].join(', ')}\n`);
    process.exit(1);
  }
  const { run } = (await import(`./${name}.ts`)) as { run(): Promise<import('./row.ts').BenchRow[]> };
  report(name, await run());
}
