import { implementFor, noResource } from '../../../../platform/runtime/call.ts';
import { DescribeTarget, ListTargets, TestTarget } from '../../api/targets.ts';
import type { CcmsDeps } from '../../deps.ts';
import { listTargets as listRows } from '../../store/target-queries.ts';
import { guardedTarget, recordOf, type TargetRecord } from '../../store/targets.ts';
import { openPage } from '../page.ts';
import { resolveTarget, showTarget } from './target-access.ts';
import { targetFailed, testLogin } from './test-login.ts';

const implement = implementFor<CcmsDeps>();

export const describeTarget = implement(DescribeTarget, {
  resolve: (call, input, deps) => resolveTarget(call, deps, input.Name),
  run: (_call, _input, record: TargetRecord) => ({ Target: showTarget(record) }),
});

export const listTargets = implement(ListTargets, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const page = openPage<string>(call, deps, input);
    const found = await listRows(deps.store.read, call.caller.accountId, page.after ?? '', page.limit + 1);
    const { rows, ...end } = page.end(found, (row) => row.name);
    await deps.guard.verify(rows.map(guardedTarget));
    return { Targets: rows.map((row) => showTarget(recordOf(row))), ...end };
  },
});

export const testTarget = implement(TestTarget, {
  resolve: (call, input, deps) => resolveTarget(call, deps, input.Name),
  async run(call, _input, record: TargetRecord, deps) {
    const tests = await testLogin(deps, record).catch((error: unknown) => {
      throw targetFailed(call, error);
    });
    return {
      Passed: tests.every(({ failure }) => failure === undefined),
      Endpoints: tests.map(({ endpoint, failure }) => ({
        ...{ Host: endpoint.host, Port: endpoint.port },
        ...(failure && { Failure: failure.code, Message: failure.message }),
      })),
    };
  },
});
