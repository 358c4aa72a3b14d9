import { implementFor } from '../../../../platform/runtime/call.ts';
import { DescribeRotation, ListRotationRuns, PreviewRotation } from '../../api/rotation.ts';
import type { CcmsDeps } from '../../deps.ts';
import { DEFAULT_GRACE_MS } from '../../domain/rotation/overlap.ts';
import type { RotationRow } from '../../domain/rotation/rows.ts';
import { readRules } from '../../domain/rotation/rules.ts';
import { nextWindow, type RotationWindow } from '../../domain/rotation/schedule.ts';
import { readStrategy } from '../../domain/rotation/strategy.ts';
import type { SecretRecord } from '../../store/secret-record.ts';
import { openPage } from '../page.ts';
import { type AnyCall, namedOutput, resolveSecret } from '../secret-access.ts';
import { readersShown } from './readers.ts';
import { runShown, timesShown } from './shown.ts';
import { gateOf, isPendingTaken, overlapOf } from './start-run.ts';
import { strategyShown } from './strategy-shown.ts';

const implement = implementFor<CcmsDeps>();
const LAST_RUNS = 10;
const WINDOWS = 5;

export const describeRotation = implement(DescribeRotation, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
  async run(call, _input, secret, deps) {
    const { secret_id, account_id } = secret.row;
    const row = await deps.rotations.of(secret_id);
    const open = await deps.rotations.open(secret_id);
    const runs = await deps.rotations.runs(secret, undefined, LAST_RUNS);
    const gate = row && (await gateOf(deps, secret, row, open, call.now));
    return {
      ...namedOutput(secret),
      RotationEnabled: row?.enabled === 1,
      ...timesShown(row, call.now),
      ...(row && { Strategy: await strategyShown(deps, account_id, row.strategy) }),
      ...(gate && !gate.allowed && gate.why === 'overlap' && { NotBeforeDate: gate.notBefore }),
      OpenRuns: open.map(runShown),
      LastRuns: runs.filter((run) => run.ended_at !== null).map(runShown),
    };
  },
});

export const listRotationRuns = implement(ListRotationRuns, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
  async run(call, input, secret, deps) {
    const page = openPage<string>(call, deps, input, [secret.arn]);
    const found = await deps.rotations.runs(secret, page.after, page.limit + 1);
    const { rows, ...end } = page.end(found, (row) => row.run_id);
    return { ...namedOutput(secret), Runs: rows.map(runShown), ...end };
  },
});

export const previewRotation = implement(PreviewRotation, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
  async run(call, input, secret, deps) {
    const row = await deps.rotations.of(secret.row.secret_id);
    const rules = input.RotationRules ?? (row && row.rules !== '' ? JSON.parse(row.rules) : undefined);
    const overlapMs = await overlapOf(deps, secret, call.now);
    const graceMs = row ? readStrategy(row.strategy).graceMs : DEFAULT_GRACE_MS;
    return {
      ...namedOutput(secret),
      ...(await obstacle(call, deps, secret, row)),
      ...(await readersShown(deps, secret, call.now)),
      OverlapSeconds: overlapMs / 1000,
      GraceSeconds: Math.max(graceMs, overlapMs) / 1000,
      Windows: windowsOf(call, rules, row).map(({ startsAt, endsAt }) => ({ StartDate: startsAt, EndDate: endsAt })),
    };
  },
});

async function obstacle(call: AnyCall, deps: CcmsDeps, secret: SecretRecord, row: RotationRow | undefined) {
  const no = (Obstacle: 'no-strategy' | 'unfinished' | 'overlap' | 'pending-taken') => ({
    Allowed: false,
    Obstacle,
    RetiresFirst: false,
  });
  if (!row) return no('no-strategy');
  const gate = await gateOf(deps, secret, row, await deps.rotations.open(secret.row.secret_id), call.now);
  if (!gate.allowed) return { ...no(gate.why), ...(gate.why === 'overlap' && { NotBeforeDate: gate.notBefore }) };
  if (isPendingTaken(secret)) return no('pending-taken');
  return { Allowed: true, RetiresFirst: gate.retireFirst };
}

function windowsOf(
  call: AnyCall,
  rules: Parameters<typeof readRules>[0] | undefined,
  row: RotationRow | undefined,
): RotationWindow[] {
  const read = rules && readRules(rules);
  if (!read) return [];
  if ('problem' in read) throw call.fail('Validation', read.problem);
  const windows: RotationWindow[] = [];
  let lastRotatedAt = Math.max(row?.last_rotated_at ?? 0, row?.moved_at ?? 0);
  for (let at = call.now; windows.length < WINDOWS; ) {
    const setAt = row?.rules_set_at ?? call.now;
    const next = nextWindow({ ...read, setAt, ...(lastRotatedAt > 0 && { lastRotatedAt }) }, at);
    if (!next) break;
    windows.push(next);
    at = next.endsAt;
    lastRotatedAt = next.startsAt;
  }
  return windows;
}
