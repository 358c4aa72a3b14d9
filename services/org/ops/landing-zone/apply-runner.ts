/**
 * Does the applies of this node. An apply is started by whoever asked for it and picked up by a job after a crash; two
 * nodes on one apply do no harm, because each step is taken under the lock of the organization by whoever comes first.
 */
import type { OrgDeps } from '../../deps.ts';
import { type ApplyRow, advanceApply, allRunning, applyById, journal } from '../../store/landing-zone/applies.ts';
import { forgetLandingZone } from '../../store/landing-zone/objects.ts';
import { planById, planStep, putLandingZone } from '../../store/landing-zone/plans.ts';
import { StepRefused } from './acting.ts';
import { doStep } from './do-step.ts';
import { readBody, readStep } from './stored-plan.ts';

export class ApplyRunner {
  private readonly active = new Map<string, Promise<void>>();
  private readonly ending = new AbortController();

  get stopping(): boolean {
    return this.ending.signal.aborted;
  }

  /** Returns at once. */
  start(deps: OrgDeps, { apply_id, organization_id }: Pick<ApplyRow, 'apply_id' | 'organization_id'>): void {
    if (this.stopping || this.active.has(apply_id)) return;
    const work = this.run(deps, organization_id, apply_id)
      .catch((err) => {
        // Whatever it was (a lost connection, a full disk): the journal stands, the job comes back to it.
        if (!this.stopping) deps.log.warn({ applyId: apply_id, err: String(err) }, 'an apply was interrupted');
      })
      .finally(() => this.active.delete(apply_id));
    this.active.set(apply_id, work);
  }

  async pickUp(deps: OrgDeps): Promise<void> {
    for (const apply of await allRunning(deps.store.read)) this.start(deps, apply);
  }

  /** Resolves early when the service stops. */
  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, milliseconds);
      const { signal } = this.ending;
      function done() {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done);
    });
  }

  /** Resolves when nothing is at work any more; what is not done goes on with the next start. */
  async stop(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.active.values());
  }

  async idle(): Promise<void> {
    await Promise.all(this.active.values());
  }

  private async run(deps: OrgDeps, organizationId: string, applyId: string): Promise<void> {
    while (!this.stopping) {
      const apply = await applyById(deps.store.read, organizationId, applyId);
      if (apply?.state !== 'RUNNING') return;
      const plan = await planById(deps.store.read, organizationId, apply.plan_id);
      if (!plan) return;
      if (apply.done >= apply.total) {
        await finish(deps, apply, plan);
        return;
      }
      const body = await planStep(deps.store.read, plan.plan_id, apply.done);
      if (body === undefined) throw new Error(`plan ${plan.plan_id} has no step ${apply.done}`);
      try {
        await doStep(deps, { apply, plan: readBody(plan), step: readStep(body) });
      } catch (error) {
        if (!(error instanceof StepRefused)) throw error;
        await fail(deps, apply, error);
        return;
      }
    }
  }
}

async function finish(deps: OrgDeps, apply: ApplyRow, plan: { name: string; document: string }): Promise<void> {
  const now = deps.clock.now();
  await deps.store.transaction(async (tx) => {
    if (!(await advanceApply(tx, apply.apply_id, apply.done, { state: 'SUCCEEDED', ended_at: now }))) return;
    const { organization_id, apply_id } = apply;
    if (plan.document === '') {
      await forgetLandingZone(tx, organization_id);
      return;
    }
    await putLandingZone(tx, { organization_id, name: plan.name, document: plan.document, apply_id, applied_at: now });
  });
}

async function fail(deps: OrgDeps, apply: ApplyRow, { code, message }: StepRefused): Promise<void> {
  const now = deps.clock.now();
  const position = apply.done;
  const failure = JSON.stringify({ position, code, message });
  await deps.store.transaction(async (tx) => {
    if (!(await advanceApply(tx, apply.apply_id, position, { state: 'FAILED', ended_at: now, failure }))) return;
    await journal(tx, { apply_id: apply.apply_id, position, state: 'FAILED', at: now, detail: message });
  });
}
