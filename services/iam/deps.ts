/** What the operations of iam receive. */

import type { Client } from '../../platform/client/transport.ts';
import type { PlacedResource } from '../../platform/contract/enterprise-project.ts';
import type { Platform } from '../../platform/runtime/service.ts';
import type { ActionCatalogue } from '../../policies/engine/index.ts';
import type { auditOperations } from '../audit/api/index.ts';
import type { IamLimits } from './domain/limits.ts';
import type { ShippedPolicies } from './domain/shipped.ts';
import type { KeyUses } from './ops/key-uses.ts';
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
}

/** iam asks nobody for what it decides: only what others have in an enterprise project, and what was decided before. */
export interface IamClients {
  kms: ResourceOwner;
  ccms: ResourceOwner;
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
  keyUses: KeyUses;
  /** Ends the background writing of key uses. */
  stopKeyUses: () => Promise<void>;
}
