/**
 * One step of an apply: its acts, what is remembered of them, the records that say who did them, and the journal, in one
 * commit. So a step is done or it is not, wherever the process dies.
 */
import type { RecordDraft } from '../../../../platform/audit/record.ts';
import type { Caller } from '../../../../platform/runtime/call.ts';
import { ORGANIZATION } from '../../../../platform/runtime/change-hub.ts';
import type { OrgDeps } from '../../deps.ts';
import type { Act } from '../../domain/landing-zone/acts.ts';
import { type ArnScope, kindOfId, NODE_RESOURCE_TYPES, nodeArn } from '../../domain/names.ts';
import { type GuardrailType, guardrailArn } from '../../domain/shipped.ts';
import { finishClosuresSoon } from '../../jobs/finish-closures.ts';
import { finishCreationsSoon } from '../../jobs/finish-creations.ts';
import { noteChange } from '../../store/change-notes.ts';
import { creationById } from '../../store/creations.ts';
import type { Tx } from '../../store/db.ts';
import { type ApplyRow, advanceApply, applyById, journal, journalEntry } from '../../store/landing-zone/applies.ts';
import { writeRecord } from '../../store/landing-zone/objects.ts';
import { lockOrganization } from '../../store/organization.ts';
import { reserveAccountId } from '../accounts/create-account.ts';
import { requireBounds } from '../policies/attachment-changes.ts';
import { scopeOf } from '../standing.ts';
import * as accounts from './account-acts.ts';
import { type ActHandler, type Acting, type Equivalent, refuse, StepRefused } from './acting.ts';
import { createAccount } from './create-account-act.ts';
import * as policies from './policy-acts.ts';
import * as services from './service-acts.ts';
import type { PlanBody, readStep } from './stored-plan.ts';
import * as units from './unit-acts.ts';

type Handlers = { [K in Exclude<Act['kind'], 'create-account'>]: ActHandler<K> };

const HANDLERS: Handlers = {
  'create-unit': units.createUnit,
  'rename-unit': units.renameUnit,
  'move-unit': units.moveUnit,
  'delete-unit': units.deleteUnit,
  'rename-account': accounts.renameAccount,
  'move-account': accounts.moveAccount,
  'tag-account': accounts.tagAccount,
  'untag-account': accounts.untagAccount,
  'suspend-account': accounts.suspendAccount,
  'resume-account': accounts.resumeAccount,
  'close-account': accounts.closeAccount,
  'enable-type': policies.enablePolicyType,
  'create-policy': policies.createPolicy,
  'describe-policy': policies.describePolicy,
  'update-policy': policies.updatePolicy,
  'delete-policy': policies.deletePolicy,
  attach: policies.attachPolicy,
  'set-mode': policies.setPolicyMode,
  detach: policies.detachPolicy,
  'trust-service': services.trust,
  'distrust-service': services.distrust,
  'register-delegate': services.register,
  'deregister-delegate': services.deregister,
};

/** Who applies, kept with the apply. */
export interface Applier {
  caller: Caller;
  sourceIp: string;
  userAgent: string;
}

export interface StepWork {
  apply: ApplyRow;
  plan: PlanBody;
  step: ReturnType<typeof readStep>;
}

/** Resolves when the step is done, or somebody else did it. Throws `StepRefused` when it cannot be. */
export async function doStep(deps: OrgDeps, work: StepWork): Promise<void> {
  const { apply, step } = work;
  const making = step.acts.find((act) => act.kind === 'create-account');
  if (!making) {
    await commitStep(deps, work, undefined);
    if (step.acts.some((act) => act.kind === 'close-account')) finishClosuresSoon(deps);
    return;
  }
  const begun = await journalEntry(deps.store.read, apply.apply_id, apply.done);
  if (begun?.state !== 'WAITING') {
    const reserved = await reserveAccountId(deps);
    if (!(await commitStep(deps, work, reserved))) return;
    finishCreationsSoon(deps);
  }
  await awaitAccount(deps, work);
}

/** False: another node was faster. With an account to make, the step is begun and not done. */
async function commitStep(
  deps: OrgDeps,
  { apply, plan, step }: StepWork,
  reserved: string | undefined,
): Promise<boolean> {
  const now = deps.clock.now();
  const committed = await deps.store.transaction(async (tx) => {
    const organization = await lockOrganization(tx, apply.organization_id);
    const current = organization && (await applyById(tx, apply.organization_id, apply.apply_id));
    if (!organization || current?.state !== 'RUNNING' || current.done !== apply.done) return false;
    // Somebody else has begun to make the account.
    if (reserved !== undefined && (await journalEntry(tx, apply.apply_id, apply.done))?.state === 'WAITING')
      return false;
    const waiting: { requestId?: string } = {};
    const acting: Acting = { deps, tx, organization, now, fail: refuse, plan, made: new Map(), touched: new Map() };
    for (const act of step.acts) {
      const equivalents =
        act.kind === 'create-account'
          ? await createAccount(acting, act, reserved as string, waiting)
          : [await (HANDLERS[act.kind] as ActHandler<Act['kind']>)(acting, act)];
      for (const equivalent of equivalents) if (equivalent) await writeDown(acting, apply, equivalent);
    }
    for (const before of acting.touched.values()) await requireBounds(acting, before);
    for (const change of step.records)
      await writeRecord(
        tx,
        apply.organization_id,
        change,
        change.id ?? acting.made.get(change.key) ?? plan.ids[change.key],
      );
    if (waiting.requestId !== undefined)
      await journal(tx, {
        apply_id: apply.apply_id,
        position: apply.done,
        state: 'WAITING',
        at: now,
        detail: waiting.requestId,
      });
    else {
      await advanceApply(tx, apply.apply_id, apply.done, { done: apply.done + 1 });
      await journal(tx, { apply_id: apply.apply_id, position: apply.done, state: 'DONE', at: now, detail: null });
    }
    if (step.acts.length > 0) {
      const accountId = organization.management_account_id;
      await deps.store.bumpVersion(tx, { kind: 'landing-zone', objectId: apply.apply_id, accountId });
    }
    return true;
  });
  deps.hub.publish(ORGANIZATION);
  return committed;
}

/** An account takes a few milliseconds when iam is near, and longer when it cannot be reached. */
const FIRST_LOOK_MS = 4;
const LAST_LOOK_MS = 250;
const NUDGE = 20;

async function awaitAccount(deps: OrgDeps, { apply, step }: StepWork): Promise<void> {
  for (let polls = 1; !deps.applies.stopping; polls++) {
    const entry = await journalEntry(deps.store.read, apply.apply_id, apply.done);
    if (entry?.state !== 'WAITING' || entry.detail === null) return;
    const request = await creationById(deps.store.read, apply.organization_id, entry.detail);
    if (!request || request.state === 'FAILED') {
      await forgetAccount(deps, apply, step);
      throw new StepRefused(request?.failure_reason ?? 'Missing', 'the account could not be made');
    }
    if (request.state === 'SUCCEEDED') {
      await finishStep(deps, apply);
      return;
    }
    if (polls % NUDGE === 0) finishCreationsSoon(deps);
    await deps.applies.pause(Math.min(FIRST_LOOK_MS * 2 ** Math.min(polls - 1, 10), LAST_LOOK_MS));
  }
}

async function finishStep(deps: OrgDeps, apply: ApplyRow): Promise<void> {
  const at = deps.clock.now();
  await deps.store.transaction(async (tx) => {
    if (!(await advanceApply(tx, apply.apply_id, apply.done, { done: apply.done + 1 }))) return;
    await journal(tx, { apply_id: apply.apply_id, position: apply.done, state: 'DONE', at, detail: null });
  });
}

/** A request that failed leaves nothing to remember; a resumed step asks for another account. */
async function forgetAccount(deps: OrgDeps, { organization_id }: ApplyRow, step: StepWork['step']): Promise<void> {
  await deps.store.transaction(async (tx) => {
    for (const { kind, key } of step.records)
      await writeRecord(tx, organization_id, { kind, key, gone: true }, undefined);
  });
}

async function writeDown(
  { deps, tx, organization, now }: Acting,
  apply: ApplyRow,
  { operation, input, objects, policyType }: Equivalent,
): Promise<void> {
  const { caller, sourceIp, userAgent } = JSON.parse(apply.caller) as Applier;
  const eventId = deps.ids.uuidv7();
  const scope = scopeOf(deps, organization);
  const draft: RecordDraft = {
    eventId,
    operation,
    caller,
    origin: { requestId: apply.request_id, sourceIp, userAgent, receivedAt: now, protocol: 'internal' },
    now,
    input,
    resources: objects.flatMap((object) => resourcesOf(scope, object, policyType)),
  };
  await deps.recorder.appendIn(tx, draft);
  for (const object_id of objects)
    await noteChange(tx as Tx, { event_id: eventId, object_id, at: now, operation: operation.name, actor: caller.arn });
}

/** A part that is no node and no policy names a service or a type of policy, which is no resource. */
function resourcesOf(scope: ArnScope, object: string, policyType: GuardrailType | undefined) {
  const accountId = scope.managementAccountId;
  return object.split('/').flatMap((id) => {
    if (policyType && id.startsWith('p-'))
      return [{ ARN: guardrailArn(scope, policyType, id), type: 'AWS::Organizations::Policy', accountId }];
    if (!/^(r-|ou-|\d{12}$)/.test(id)) return [];
    return [{ ARN: nodeArn(scope, id), type: NODE_RESOURCE_TYPES[kindOfId(id)], accountId }];
  });
}
