/**
 * The org service: the organization, its tree of units and accounts, the states of accounts, and the guardrails that
 * are attached to them.
 *
 * Guarantees: the invariants of the tree hold in the database itself; every change of what guardrails depend on raises
 * one revision in its own commit, which every node follows within a second; whoever is outside learns nothing.
 * Refuses guardrails that do not compile, and every change that would leave a node without one.
 */
import { defineService, type ServiceDefinition } from '../../platform/runtime/service.ts';
import { orgApi } from './api/index.ts';
import type { OrgClients, OrgDeps } from './deps.ts';
import { DEFAULT_DETECTIVE_LIMITS, type DetectiveLimits } from './domain/detective/limits.ts';
import { DEFAULT_LIMITS, type OrgLimits } from './domain/limits.ts';
import { Background } from './jobs/background.ts';
import { ConfigFollower } from './jobs/detective/follower.ts';
import { FollowSteps } from './jobs/detective/steps.ts';
import { expireHandshakes } from './jobs/expire-handshakes.ts';
import { finishClosures } from './jobs/finish-closures.ts';
import { finishCreations } from './jobs/finish-creations.ts';
import { forgetChanges } from './jobs/forget-changes.ts';
import { runApplies } from './jobs/run-applies.ts';
import { watchDrift } from './jobs/watch-drift.ts';
import { Detective } from './ops/detective/engine.ts';
import { handlers } from './ops/index.ts';
import { ApplyRunner } from './ops/landing-zone/apply-runner.ts';
import { init } from './store/migrations/0001_init.ts';
import { detective } from './store/migrations/0002_detective.ts';
import { landingZone } from './store/migrations/0003_landing_zone.ts';
import type { OrgDb } from './store/schema.ts';
import { ViewCache } from './store/view-cache.ts';

export type { OrgDeps } from './deps.ts';
export { AWS_STRICT_LIMITS, type OrgLimits } from './domain/limits.ts';

export interface OrgOptions {
  limits?: Partial<OrgLimits>;
  detectiveLimits?: Partial<DetectiveLimits>;
}

export function defineOrg(options: OrgOptions = {}): ServiceDefinition<OrgDb, OrgClients, OrgDeps> {
  return defineService<OrgDb, OrgClients, OrgDeps>({
    name: 'org',
    operations: Object.values(orgApi),
    handlers,
    migrations: [init, detective, landingZone],
    createDeps: (platform) => ({
      ...platform,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      detective: new Detective({ ...DEFAULT_DETECTIVE_LIMITS, ...options.detectiveLimits }),
      background: new Background(platform.log),
      views: new ViewCache(platform.store, platform.settings.partition),
      applies: new ApplyRunner(),
      follower: new ConfigFollower({ ...platform, owner: `org-${platform.ids.uuidv4()}` }),
    }),
    prepare: async (deps) => deps.follower.start(new FollowSteps(deps)),
    async close(deps) {
      await deps.applies.stop();
      await deps.follower.stop();
    },
    jobs: [finishCreations, finishClosures, expireHandshakes, forgetChanges, runApplies, watchDrift],
  });
}
