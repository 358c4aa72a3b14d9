/** One small step at a time of what the follower does; each ends in one transaction that also keeps the place. */
import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import type { Job } from '../../../../platform/store/index.ts';
import type { AuditedChange, OrgDeps } from '../../deps.ts';
import { recorderOf } from '../../domain/detective/names.ts';
import { judgeItems } from '../../ops/detective/judge.ts';
import { type Cause, type Observation, recordItems } from '../../ops/detective/record.ts';
import type { Tx } from '../../store/db.ts';
import { accountItems } from '../../store/detective/accounts.ts';
import { itemsAfter, unconfirmed } from '../../store/detective/items.ts';
import { rulesVersion } from '../../store/detective/rules.ts';
import { FRESH, type Progress, type Steps } from './follower.ts';

const HOUR_MS = 3_600_000;
const CHANGES = 100;
const DESCRIBED = 100;
const LISTED = 200;
const JUDGED = 500;
/** After a pass the engine rests this many times as long as it took, however often rules change. */
const REST = 3;
const SERVICES = ['iam', 'kms', 'ccms', 'pca', 'org'] as const;
type Service = (typeof SERVICES)[number];

export class FollowSteps implements Steps {
  private readonly deps: OrgDeps;
  /** Of the job that is held: what the last commit left. */
  private held: { job: Job; progress: Progress } | undefined;

  constructor(deps: OrgDeps) {
    this.deps = deps;
  }

  /** True when there may be more to do at once. */
  async next(job: Job): Promise<boolean> {
    if (this.held?.job !== job) this.held = { job, progress: (job.progress as Progress | null) ?? FRESH };
    const { progress } = this.held;
    // Changes come first: a walk must not keep anybody waiting for the verdict on what was just done.
    return (await this.follow(job, progress)) || (await this.sweep(job, progress)) || (await this.pass(job, progress));
  }

  /** The present state of what was changed, with the change as its cause. */
  private async follow(job: Job, progress: Progress): Promise<boolean> {
    const { audit } = this.deps.clients;
    if (progress.position === undefined) {
      // What there was before is found by the first walk.
      const { Head } = await audit.ReadChanges({ After: 0, Limit: 1 });
      await this.keep(job, { ...progress, position: Head });
      return true;
    }
    const { Changes } = await audit.ReadChanges({ After: progress.position, Limit: CHANGES });
    const last = Changes.at(-1);
    if (!last) return false;
    const causes = causesOf(Changes);
    const now = this.deps.clock.now();
    const observations: Observation[] = [];
    for (const service of SERVICES) {
      const arns = [...causes.keys()].filter((arn) => recorderOf(arn) === service);
      for (const item of await this.describe(service, arns)) {
        observations.push(observationOf(item, service, now, causes.get(item.Arn) ?? causes.get(item.Because ?? '')));
      }
    }
    await this.keep(job, { ...progress, position: last.Position }, observations, now);
    return true;
  }

  private async sweep(job: Job, progress: Progress): Promise<boolean> {
    const now = this.deps.clock.now();
    const sweep = progress.sweep ?? this.dueSweep(progress, now);
    if (!sweep) return false;
    const service = sweep.service as Service;
    if (!sweep.ended) {
      const page = await this.list(service, sweep.after);
      const next = page.next === undefined ? { ...sweep, ended: true } : { ...sweep, after: page.next };
      const seen = page.items.map((item) => observationOf(item, service, now, undefined));
      await this.keep(job, { ...progress, sweep: next }, seen, now);
      return true;
    }
    // What the walk did not meet has changed its name, or is gone.
    const missing = await unconfirmed(this.deps.store.read, service, sweep.startedAt, DESCRIBED);
    const items = await this.describe(service, missing);
    const seen = items.map((item) => observationOf(item, service, now, undefined));
    const { sweep: _, ...rest } = progress;
    const done = items.length === 0;
    const after: Progress = done
      ? { ...rest, sweptAt: { ...progress.sweptAt, [service]: sweep.startedAt } }
      : { ...rest, sweep };
    await this.keep(job, after, seen, now);
    return true;
  }

  private dueSweep({ sweptAt }: Progress, now: number): Progress['sweep'] {
    const service = SERVICES.find((name) => now - (sweptAt[name] ?? 0) >= HOUR_MS);
    return service && { service, startedAt: now };
  }

  /** Judges all items again: hourly, and when rules, exceptions or the organization have changed. */
  private async pass(job: Job, progress: Progress): Promise<boolean> {
    const { store, clock, detective } = this.deps;
    const now = clock.now();
    const rules = (await rulesVersion(store.read)) + (await store.currentVersion());
    const { at, took } = progress.passEnded ?? { at: 0, took: 0 };
    const rested = now - at >= took * REST;
    const due = (rules !== progress.passedRules && rested) || now - progress.passedAt >= HOUR_MS;
    const pass = progress.pass ?? (due ? { startedAt: now, rules, after: '' } : undefined);
    if (!pass) return false;
    const rows = await itemsAfter(store.read, pass.after, JUDGED);
    const last = rows.at(-1);
    const { pass: _, ...rest } = progress;
    const next: Progress = last
      ? { ...progress, pass: { ...pass, after: last.arn } }
      : {
          ...rest,
          passedAt: pass.startedAt,
          passedRules: pass.rules,
          passEnded: { at: now, took: now - pass.startedAt },
        };
    await store.transaction(async (tx) => {
      await store.jobs.saveProgress(tx, job, next);
      await judgeItems(tx as Tx, await detective.rulebook(tx as Tx, now), rows, now);
    });
    this.held = { job, progress: next };
    return true;
  }

  private async keep(job: Job, progress: Progress, observations: readonly Observation[] = [], now = 0): Promise<void> {
    const { store, detective } = this.deps;
    await store.transaction(async (tx) => {
      await store.jobs.saveProgress(tx, job, progress);
      if (observations.length === 0) return;
      await recordItems(tx as Tx, await detective.rulebook(tx as Tx, now), observations, now);
    });
    this.held = { job, progress };
  }

  private async describe(service: Service, arns: readonly string[]): Promise<ConfigurationItem[]> {
    const items = new Map<string, ConfigurationItem>();
    for (let at = 0; at < arns.length; at += DESCRIBED) {
      const Resources = arns.slice(at, at + DESCRIBED);
      for (const item of await this.ask(service, Resources)) items.set(item.Arn, item);
    }
    return [...items.values()];
  }

  private async ask(service: Service, Resources: string[]): Promise<readonly ConfigurationItem[]> {
    if (service !== 'org') return (await this.deps.clients[service].DescribeConfigurations({ Resources })).Items;
    const ids = Resources.map((arn) => arn.slice(arn.lastIndexOf('/') + 1));
    const { store, settings } = this.deps;
    const found = await store.snapshot((view) => accountItems(view, settings.partition, { ids }));
    const met = new Set(found.map((item) => item.Arn));
    return [...found, ...Resources.filter((arn) => !met.has(arn)).map(goneAccount)];
  }

  private async list(
    service: Service,
    after: string | undefined,
  ): Promise<{ items: ConfigurationItem[]; next: string | undefined }> {
    if (service !== 'org') {
      const page = await this.deps.clients[service].ListConfigurations({
        ...(after !== undefined && { After: after }),
        Limit: LISTED,
      });
      return { items: page.Items, next: page.Next };
    }
    const { store, settings } = this.deps;
    const which = { after: after ?? '', limit: LISTED };
    const items = await store.snapshot((view) => accountItems(view, settings.partition, which));
    return { items, next: items.length === LISTED ? items.at(-1)?.AccountId : undefined };
  }
}

/** The last change of each resource. */
function causesOf(changes: readonly AuditedChange[]): Map<string, Cause> {
  const causes = new Map<string, Cause>();
  for (const { EventId, EventName, ActorArn, Resources } of changes) {
    for (const arn of Resources) {
      if (recorderOf(arn)) causes.set(arn, { eventId: EventId, eventName: EventName, actor: ActorArn });
    }
  }
  return causes;
}

function observationOf(
  item: ConfigurationItem,
  recorder: Service,
  observedAt: number,
  cause: Cause | undefined,
): Observation {
  return {
    arn: item.Arn,
    type: item.Type,
    accountId: item.AccountId,
    name: item.Name,
    createdAt: item.CreatedAt,
    tags: item.Tags,
    configuration: item.Configuration,
    deleted: item.Deleted,
    recorder,
    observedAt,
    cause,
  };
}

function goneAccount(Arn: string): ConfigurationItem {
  const AccountId = Arn.slice(Arn.lastIndexOf('/') + 1);
  return {
    Arn,
    Type: 'organizations:account',
    AccountId,
    Name: AccountId,
    Tags: {},
    Configuration: '{}',
    Deleted: true,
  };
}
