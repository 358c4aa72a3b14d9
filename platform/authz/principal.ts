/** A principal as policy evaluation needs it: facts and compiled policies, immutable, valid for one policy version. */

import { LRUCache } from 'lru-cache';
import {
  buildPolicySet,
  type CompiledPolicy,
  compilePolicy,
  type PolicyKind,
  type PolicySet,
  restrictPolicy,
} from '../../policies/engine/index.ts';
import { BEYOND_KEY, PROJECT_KEY } from '../contract/enterprise-project.ts';

export interface SnapshotPolicy {
  Arn: string;
  Version: string;
  Name: string;
  Kind: string;
  Document: string;
  /** The one enterprise project the policy is granted in; absent: it holds everywhere. */
  EnterpriseProjectId?: string | undefined;
}

/** What the iam service answers about a principal; the compiled form is made by each node for itself. */
export interface PrincipalSnapshot {
  Arn: string;
  AccountId: string;
  Kind: 'root' | 'user' | 'role';
  PrincipalId: string;
  UserName?: string | undefined;
  RoleName?: string | undefined;
  Tags: Record<string, string>;
  /** Project that a user or role is in as a resource; absent: the default one. */
  EnterpriseProjectId?: string | undefined;
  Policies: SnapshotPolicy[];
  /** Access keys in force: sessions that stem from any other key are void. */
  ActiveAccessKeyIds: string[];
  /** Version of the authorization data the snapshot was read at. */
  Version: number;
}

/** What a session adds to its principal. Undefined where it is asked for: it has ended or never was. */
export interface SessionSnapshot {
  SessionId: string;
  /** Unique id of the user or role, or the account id of the root user. */
  EntityId: string;
  AccountId: string;
  /** Accounts in which something can end the session: its own and that of the access key it stems from. */
  Accounts: string[];
  Name?: string | undefined;
  SourceIdentity?: string | undefined;
  MfaAt?: number | undefined;
  /** Session tags; they win over tags of the same key of the user or role. */
  Tags: Record<string, string>;
  TransitiveTagKeys: string[];
  /** Absent: the session has no session policies; empty: it has some and they are gone. */
  Policies?: SnapshotPolicy[] | undefined;
}

export interface Principal {
  /** In a session the tags are those of the session and of its user or role. */
  snapshot: PrincipalSnapshot;
  identity: PolicySet;
  boundary?: PolicySet;
  session?: Session;
  /**
   * `arn@version` of every policy that took part, `boundary:` or `session:` in front of what is no identity policy,
   * `arn@version#project` of grants, for the decision record.
   */
  policyVersions: readonly string[];
}

export interface Session {
  snapshot: SessionSnapshot;
  policies?: PolicySet;
}

const MAX_COMPILED = 20_000;
const compiled = new LRUCache<string, CompiledPolicy>({ max: MAX_COMPILED });

/** A stored policy of an account; one text is compiled once. */
export function compileStored(policy: SnapshotPolicy, accountId: string): CompiledPolicy {
  const { Arn, Version, Kind, Name, Document, EnterpriseProjectId: project } = policy;
  const place = project === undefined ? '' : `${accountId}/${project}`;
  const key = `${Arn}\n${Version}\n${place}\n${Kind}\n${Document}`;
  let result = compiled.get(key);
  if (!result) {
    const source = { arn: Arn, version: Version, kind: Kind as PolicyKind, name: Name };
    result =
      project === undefined
        ? compilePolicy(Document, source)
        : grantedIn({ text: Document, source }, accountId, project);
    compiled.set(key, result);
  }
  return result;
}

/**
 * A grant holds for resources of one project of one account. The account is part of it because every account has a
 * default project of the same id.
 *
 * SECURITY: it permits nothing that reaches beyond the project, or whoever administers a project could attach
 * AdministratorAccess to a user in it and be an administrator of the account. What it denies, it denies there too.
 */
export function grantedIn(
  { text, source }: Pick<CompiledPolicy, 'text' | 'source'>,
  accountId: string,
  projectId: string,
): CompiledPolicy {
  const inProject = restrictPolicy(compilePolicy(text, { ...source, enterpriseProjectId: projectId }), [
    { operator: 'StringEquals', key: PROJECT_KEY, values: [projectId] },
    { operator: 'StringEquals', key: 'aws:ResourceAccount', values: [accountId] },
  ]);
  return restrictPolicy(inProject, [{ operator: 'Null', key: BEYOND_KEY, values: ['true'] }], 'Allow');
}

function versionOf({ Arn, Version, Kind, EnterpriseProjectId: project }: SnapshotPolicy): string {
  const name = `${Kind === 'identity' ? '' : `${Kind}:`}${Arn}@${Version}`;
  return project === undefined ? name : `${name}#${project}`;
}

export function compilePrincipal(snapshot: PrincipalSnapshot): Principal {
  const { Policies, AccountId } = snapshot;
  const of = (kind: PolicyKind) => Policies.filter((p) => p.Kind === kind).map((p) => compileStored(p, AccountId));
  const boundary = of('boundary');
  return {
    snapshot,
    identity: buildPolicySet(of('identity')),
    ...(boundary.length > 0 && { boundary: buildPolicySet(boundary) }),
    policyVersions: Policies.map(versionOf),
  };
}

export function compileSession(snapshot: SessionSnapshot): Session {
  const { Policies, AccountId } = snapshot;
  return { snapshot, ...(Policies && { policies: buildPolicySet(Policies.map((p) => compileStored(p, AccountId))) }) };
}

/** The principal as it is within one of its sessions. */
export function withSession(principal: Principal, session: Session): Principal {
  const { Tags, Policies = [] } = session.snapshot;
  return {
    ...principal,
    snapshot: { ...principal.snapshot, Tags: mergeTags(principal.snapshot.Tags, Tags) },
    session,
    policyVersions: [...principal.policyVersions, ...Policies.map(versionOf)],
  };
}

/** Tag keys are compared without case, so a session tag replaces a tag that differs from it in case only. */
function mergeTags(own: Record<string, string>, session: Record<string, string>): Record<string, string> {
  const replaced = new Set(Object.keys(session).map((key) => key.toLowerCase()));
  const kept = Object.entries(own).filter(([key]) => !replaced.has(key.toLowerCase()));
  return { ...Object.fromEntries(kept), ...session };
}
