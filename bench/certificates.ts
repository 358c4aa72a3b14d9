/**
 * A private CA with ten thousand certificates and with ten million: what it takes to issue one, to look one up, to revoke
 * one, to search by name and to list what expires. The installations stay in PARAPET_BENCH_CERTIFICATES_FOLDER (default: below ~/.cache);
 * filling the large one takes hours and goes on where it was. PARAPET_BENCH_CERTIFICATES: how many it is to have.
 */
import { fill, openInstallation } from './certificates/installation.ts';
import { PROBES } from './certificates/probes.ts';
import { median, round3 } from './http/generator.ts';
import { makeRequests } from './pca/requests.ts';
import type { BenchRow } from './row.ts';

const SMALL = 10_000;
const LARGE = Number(process.env.PARAPET_BENCH_CERTIFICATES ?? 10_000_000);
const ROUNDS = Number(process.env.PARAPET_BENCH_ROUNDS ?? 5);
const EACH = 60;
const MOST = 1.5;

export async function run(): Promise<BenchRow[]> {
  const small = await openInstallation('small');
  const large = await openInstallation('large');
  try {
    await fill(small, SMALL);
    await fill(large, LARGE);
    const csrs = makeRequests(ROUNDS * EACH);
    const rows: BenchRow[] = [];
    for (const { name, ask } of PROBES) {
      const times = { small: [] as number[], large: [] as number[] };
      // Rounds alternate, so that what else the machine does meets both; the first one warms up.
      for (let round = 0; round <= ROUNDS; round += 1) {
        for (const [which, installation] of [
          ['small', small],
          ['large', large],
        ] as const) {
          const took = await timed((n) => ask(installation, n, csrs[n % csrs.length]!), round);
          if (round > 0) times[which].push(took);
        }
      }
      const baseline = `${name}, ${small.loaded} certificates`;
      rows.push(
        { name: baseline, value: round3(median(times.small)), unit: 'ms' },
        {
          name: `${name}, ${large.loaded} certificates`,
          value: round3(median(times.large)),
          unit: 'ms',
          baseline,
          ratio: round3(median(times.large.map((took, at) => took / times.small[at]!))),
          goal: `ratio <= ${MOST}`,
        },
      );
    }
    return rows;
  } finally {
    await small.close();
    await large.close();
  }
}

/** Half of the requests take no longer. Other certificates in every round: rows that were seen before need no HSM. */
async function timed(ask: (n: number) => Promise<unknown>, round: number): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < EACH; n += 1) {
    const start = performance.now();
    await ask(round * EACH + n);
    times.push(performance.now() - start);
  }
  return median(times);
}
