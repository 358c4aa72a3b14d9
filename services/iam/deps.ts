/** What the operations of iam receive. */

import type { Recorder } from '../../platform/audit/recorder.ts';
import type { Client } from '../../platform/client/transport.ts';
import type { PlacedResource, ResourceFacts } from '../../platform/contract/enterprise-project.ts';
import type { Platform } from '../../platform/runtime/service.ts';
import type { ActionCatalogue } from '../../policies/engine/index.ts';
import type { auditOperations } from '../audit/api/index.ts';
import type { GrantPolicy } from '../ccms/api/grant-policies.ts';
import type { IamLimits } from './domain/limits.ts';
import type { ShippedPolicies } from './domain/shipped.ts';
import type { LatestUses } from './ops/latest-uses.ts';
import type { NamespaceCache } from './ops/namespace-cache.ts';
import type { SessionSigning } from './ops/sts/sessions.ts';
import type { SubjectCache } from './ops/subject-cache.ts';
import type { IamDb } from './store/schema.ts';

/** A service that owns resources other than iam's. */
interface ResourceOwner {
  ListResourcesInProject(input: {
    AccountId: string;
    EnterpriseProjectId: string;
    After?: string;
    Limit: number;
  }): Promise<{ Resources: PlacedResource[] }>;
  DescribeResourceFacts(input: {
    AccountId: string;
    ResourceArns: string[];
  }): Promise<{ Resources: ResourceFacts[]; Unknown: string[] }>;
}

/**
 * For its own requests iam asks nobody: only what others have in an enterprise project, what was decided before, and
 * where a resource of theirs is that an application asks about.
 */
export interface IamClients {
  kms: ResourceOwner;
  pca: ResourceOwner;
  ccms: ResourceOwner & {
    /** What owners of secrets granted to principals of an account. */
    DescribeGrantPolicies(input: {
      AccountId: string;
      ResourceArns: string[];
    }): Promise<{ Grants: GrantPolicy[]; Unknown: string[] }>;
  };
  audit: Pick<Client<typeof auditOperations>, 'ReadDecisions'>;
}

export interface IamDeps extends Platform<IamDb, IamClients> {
  limits: IamLimits;
  shipped: ShippedPolicies;
  /** The product's actions. Absent: whatever stands under a prefix of the product counts as an action. */
  catalogue: ActionCatalogue | undefined;
  namespaces: NamespaceCache;
  subjects: SubjectCache;
  signing: SessionSigning;
  /** For what services of ours do in an account: their own requests have no records. */
  recorder: Recorder;
  keyUses: LatestUses;
  roleUses: LatestUses;
  /** Ends the background writing of key uses. */
  stopUses: () => Promise<void>;
}
