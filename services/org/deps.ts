/** What the operations and jobs of org receive. */

import type { Recorder } from '../../platform/audit/recorder.ts';
import type { ConfigurationItem } from '../../platform/contract/configuration.ts';
import type { InputOf, OutputOf } from '../../platform/contract/operation.ts';
import type { Platform } from '../../platform/runtime/service.ts';
import type { SearchStreams } from '../audit/api/search-streams.ts';
import type { OrgLimits } from './domain/limits.ts';
import type { Background } from './jobs/background.ts';
import type { ConfigFollower } from './jobs/detective/follower.ts';
import type { Detective } from './ops/detective/engine.ts';
import type { ApplyRunner } from './ops/landing-zone/apply-runner.ts';
import type { OrgDb } from './store/schema.ts';
import type { ViewCache } from './store/view-cache.ts';

/** What an account is to iam, which owns the principals of it. */
export interface KnownAccount {
  AccountId: string;
  Name: string;
  Email?: string | undefined;
}

/** A service whose resources the detective engine records. */
export interface ConfigurationSource {
  DescribeConfigurations(input: { Resources: string[] }): Promise<{ Items: ConfigurationItem[] }>;
  ListConfigurations(input: {
    After?: string;
    Limit?: number;
  }): Promise<{ Items: ConfigurationItem[]; Next?: string | undefined }>;
}

/** A successful write, as the audit service tells it. */
export interface AuditedChange {
  Position: number;
  EventId: string;
  EventName: string;
  ActorArn?: string | undefined;
  Resources: string[];
}

/** What org asks of other services. */
export interface OrgClients {
  kms: ConfigurationSource;
  ccms: ConfigurationSource;
  pca: ConfigurationSource;
  audit: {
    ReadChanges(input: { After: number; Limit?: number }): Promise<{ Changes: AuditedChange[]; Head: number }>;
    SearchStreams(input: InputOf<typeof SearchStreams>): Promise<OutputOf<typeof SearchStreams>>;
  };
  iam: ConfigurationSource & {
    /** Those that exist; the management account of the installation is told in any case. */
    DescribeAccounts(input: {
      AccountIds: string[];
      Emails: string[];
    }): Promise<{ ManagementAccountId?: string | undefined; Accounts: KnownAccount[] }>;
    /** Makes principals possible in an account; doing it again changes nothing. */
    ProvisionAccount(input: {
      AccountId: string;
      AccountName: string;
      RoleName?: string | undefined;
      ManagementAccountId: string;
    }): Promise<unknown>;
  };
}

export interface OrgDeps extends Platform<OrgDb, OrgClients> {
  limits: OrgLimits;
  detective: Detective;
  follower: ConfigFollower;
  views: ViewCache;
  background: Background;
  /** For what happens without a request. */
  recorder: Recorder;
  applies: ApplyRunner;
}
