/** What decides about root keys, gathered from the HSM, from this service and from the other services that store rows. */

import type { HsmStatus } from '../../../hsm/port.ts';
import { RENEWING_SERVICES, type RenewalState, type RenewingService } from '../../../platform/contract/renewal.ts';
import { describeRenewal } from '../../../platform/renewal/describe.ts';
import type { KmsDeps } from '../deps.ts';
import { isRenewed, type RootFacts, type RootVersionRow } from '../domain/root-rotation.ts';
import { renewKeys } from '../jobs/renew-keys.ts';
import { readRootVersions } from '../store/root-versions.ts';

export interface GatheredFacts extends RootFacts {
  rows: readonly RootVersionRow[];
  statuses: readonly HsmStatus[];
  steps: readonly (RenewalState & { Service: string })[];
}

export async function rootFacts(deps: KmsDeps): Promise<GatheredFacts> {
  const { clients, hsm, store, guard } = deps;
  const status = await hsm.status();
  const ask: Record<RenewingService, () => Promise<{ Steps: RenewalState[] }>> = {
    kms: async () => ({ Steps: await describeRenewal(deps, renewKeys.steps) }),
    iam: () => clients.iam.DescribeRenewal({}),
    ccms: () => clients.ccms.DescribeRenewal({}),
    pca: () => clients.pca.DescribeRenewal({}),
    audit: () => clients.audit.DescribeRenewal({}),
  };
  const [rows, steps] = await Promise.all([
    readRootVersions(store.read, guard),
    Promise.all(
      RENEWING_SERVICES.map(async (Service) => {
        const { Steps } = await ask[Service]();
        return Steps.map((step) => ({ Service, ...step }));
      }),
    ),
  ]);
  const statuses = status.tokens ?? [status];
  return {
    form: status.form,
    rows,
    statuses,
    tokens: statuses.map(({ state, rootVersion, rootVersions = [] }) => ({
      ready: state === 'ready',
      rootVersion,
      rootVersions,
    })),
    steps: steps.flat(),
  };
}

export function showTokens({ statuses }: GatheredFacts) {
  return statuses.map(({ tokenLabel, tokenSerial, state, reason, rootVersion, rootVersions }) => ({
    Label: tokenLabel,
    Serial: tokenSerial,
    State: state,
    ...(reason !== undefined && { Reason: reason.slice(0, 512) }),
    RootVersion: rootVersion,
    ...(rootVersions !== undefined && { RootVersions: [...rootVersions] }),
  }));
}

export function showSteps({ steps, form }: GatheredFacts) {
  return steps.map(({ Form, State, ...step }) => {
    const isCurrent = Form === form;
    const [Seen, Renewed, Refused] = isCurrent ? [step.Seen, step.Renewed, step.Refused] : [0, 0, 0];
    const Left = isRenewed({ ...step, State, ...(Form !== undefined && { Form }) }, form)
      ? 0
      : Math.max(0, step.Total - Seen);
    return { ...step, State: isCurrent ? State : ('waiting' as const), Seen, Renewed, Refused, Left };
  });
}
