/** Whether every endpoint of a target lets the administrative user in. */
import type { CcmsDeps } from '../../deps.ts';
import { failureHint } from '../../domain/leases/failure-hints.ts';
import type { TargetRecord } from '../../store/targets.ts';
import { TargetFailure } from '../../targets/failure.ts';
import { probe as probeMariaDb } from '../../targets/mariadb/session.ts';
import type { Endpoint, ProbeResult } from '../../targets/port.ts';
import { probe as probePostgres } from '../../targets/postgres/session.ts';
import { probe as probeRedis } from '../../targets/redis/session.ts';
import type { AnyCall } from '../secret-access.ts';
import { type OpenTarget, withTarget } from './connection.ts';

export interface EndpointTest {
  endpoint: Endpoint;
  /** Undefined: it let the administrative user in. */
  failure: TargetFailure | undefined;
}

/** Rejects with `TargetFailure` when there is nothing to log in with, or no address to go to. */
export async function testLogin(deps: CcmsDeps, record: TargetRecord): Promise<EndpointTest[]> {
  return withTarget(deps, record, (target) =>
    Promise.all(
      target.endpoints.map(async (endpoint) => ({
        endpoint,
        failure: failureOf(await probe(target, endpoint), target.name),
      })),
    ),
  );
}

/** Throws `TargetFailed` unless every endpoint lets the administrative user in. */
export async function requireLogin(call: AnyCall, deps: CcmsDeps, record: TargetRecord): Promise<void> {
  try {
    for (const { failure } of await testLogin(deps, record)) if (failure) throw failure;
  } catch (error) {
    throw targetFailed(call, error);
  }
}

/** A failure of a target as callers are told of it; everything else as it is. */
export function targetFailed(call: AnyCall, error: unknown): unknown {
  if (!(error instanceof TargetFailure)) return error;
  return call.fail('TargetFailed', error.message, {
    hint: failureHint(error.code),
    details: { reason: error.code },
  });
}

function probe(target: OpenTarget, endpoint: Endpoint): Promise<ProbeResult> {
  if (target.engine === 'postgres') return probePostgres(target, target.admin, endpoint);
  if (target.engine === 'mariadb') return probeMariaDb(target, target.admin, endpoint);
  return probeRedis(target, target.admin, endpoint);
}

function failureOf(result: ProbeResult, where: string): TargetFailure | undefined {
  if (result.answer === 'unreachable') return result.failure;
  return result.answer === 'valid' ? undefined : new TargetFailure('admin-refused', where);
}
