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
] as const;
const chosen = process.argv.slice(2).length > 0 ? process.argv.slice(2) : benches;

for (const name of chosen) {
  if (!(benches as readonly string[]).includes(name)) {
    process.stderr.write(`there is no benchmark ${name}; there are ${benches.join(', ')}\n`);
    process.exit(1);
  }
  const { run } = (await import(`./${name}.ts`)) as { run(): Promise<import('./row.ts').BenchRow[]> };
  report(name, await run());
}
