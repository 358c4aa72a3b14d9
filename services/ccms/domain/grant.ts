// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
/**
 * Grants (spec ccms 3.10): what one may say, and the policy that it is. A grant holds at the moment of the request:
 * times and addresses are conditions of the policy; a request that names only a version is compared with the versions
 * that hold the granted stages now.
 */
import { canonicalRow } from '../../../platform/contract/canonical-row.ts';
import type { GRANT_STATES, GrantAction } from '../api/grants.ts';
import { CURRENT, type StageMap } from './stages.ts';

export interface GrantRow {
  grant_id: string;
  secret_id: string;
  /** Of the secret. */
  account_id: string;
  secret_arn: string;
  grantee: string;
  /** Unique id the name had when the grant was made: a principal made anew under the name is somebody else. */
  grantee_id: string;
  grantee_account: string;
  /** JSON lists. */
  actions: string;
  stages: string;
  /** JSON list; null: the whole value. */
  fields: string | null;
  not_before: number | null;
  expires_at: number | null;
  /** JSON list; null: from anywhere. */
  addresses: string | null;
  purpose: string | null;
  max_cache_seconds: number | null;
  /** JSON list; null: nobody is named. */
  approved_by: string | null;
  /** The key that kms granted for it. */
  key_arn: string | null;
  key_grant_id: string | null;
  created_at: number;
  created_by: string;
  revoked_at: number | null;
  revoked_by: string | null;
  version: number;
  row_mac: Buffer;
}

export function grantRowBytes(row: Omit<GrantRow, 'row_mac'>): Buffer {
  return canonicalRow('secret-grant', [
    row.grant_id,
    row.secret_id,
    row.account_id,
    row.secret_arn,
    row.grantee,
    row.grantee_id,
    row.grantee_account,
    row.actions,
    row.stages,
    row.fields,
    row.not_before,
    row.expires_at,
    row.addresses,
    row.purpose,
    row.max_cache_seconds,
    row.approved_by,
    row.key_arn,
    row.key_grant_id,
    row.created_at,
    row.created_by,
    row.revoked_at,
    row.revoked_by,
    row.version,
  ]);
}

export function grantArn(row: Pick<GrantRow, 'secret_arn' | 'grant_id'>): string {
  return `${row.secret_arn}/grant/${row.grant_id}`;
}

const GRANTABLE: ReadonlySet<string> = new Set<`secretsmanager:${GrantAction}`>([
  'secretsmanager:GetSecretValue',
  'secretsmanager:DescribeSecret',
]);

/** Whether any grant can be about this action. */
export function isGrantable(action: string): boolean {
  return GRANTABLE.has(action);
}

export function grantState(
  row: Pick<GrantRow, 'revoked_at' | 'expires_at' | 'not_before'>,
  now: number,
): (typeof GRANT_STATES)[number] {
  if (row.revoked_at !== null) return 'Revoked';
  if (row.expires_at !== null && row.expires_at <= now) return 'Expired';
  return row.not_before !== null && row.not_before > now ? 'Pending' : 'Active';
}

/** Why times make no sense, or undefined. */
export function timesProblem(
  { NotBefore, ExpiresAt }: { NotBefore?: number | undefined; ExpiresAt?: number | undefined },
  now: number,
): string | undefined {
  if (ExpiresAt === undefined) return undefined;
  if (ExpiresAt <= now) return 'ExpiresAt has passed already';
  return NotBefore !== undefined && NotBefore >= ExpiresAt ? 'NotBefore is not before ExpiresAt' : undefined;
}

type Conditions = Record<string, Record<string, string | string[]>>;

/** The policy that a grant is; `stages`: of its secret now. */
export function grantDocument(row: GrantRow, stages: StageMap): string {
  const actions = JSON.parse(row.actions) as GrantAction[];
  const granted = JSON.parse(row.stages) as string[];
  const shared = sharedConditions(row);
  const allow = (Sid: string, action: GrantAction, own: Conditions = {}) => ({
    Sid,
    Effect: 'Allow',
    Principal: { AWS: row.grantee },
    Action: `secretsmanager:${action}`,
    Resource: '*',
    Condition: join(shared, own),
  });
  const Statement = [];
  if (actions.includes('DescribeSecret')) Statement.push(allow('Describe', 'DescribeSecret'));
  if (actions.includes('GetSecretValue')) {
    const unnamed = { 'secretsmanager:VersionStage': 'true' };
    if (granted.includes(CURRENT)) {
      const Null = { ...unnamed, 'secretsmanager:VersionId': 'true' };
      Statement.push(allow('ReadCurrent', 'GetSecretValue', { Null }));
    }
    const ofStage = { StringEquals: { 'secretsmanager:VersionStage': granted.map(literally) } };
    Statement.push(allow('ReadStage', 'GetSecretValue', ofStage));
    const holders = [...new Set(granted.flatMap((stage) => stages.get(stage) ?? []))].map(literally);
    if (holders.length > 0) {
      const ofVersion = { Null: unnamed, StringEquals: { 'secretsmanager:VersionId': holders } };
      Statement.push(allow('ReadVersion', 'GetSecretValue', ofVersion));
    }
  }
  return JSON.stringify({ Version: '2012-10-17', Statement });
}

function sharedConditions(row: GrantRow): Conditions {
  const conditions: Conditions = {};
  const time = (at: number) => new Date(at).toISOString();
  if (row.not_before !== null) conditions.DateGreaterThanEquals = { 'aws:CurrentTime': time(row.not_before) };
  if (row.expires_at !== null) conditions.DateLessThan = { 'aws:CurrentTime': time(row.expires_at) };
  if (row.addresses !== null) conditions.IpAddress = { 'aws:SourceIp': JSON.parse(row.addresses) as string[] };
  // Another account counts only while both are in the organization.
  if (row.grantee_account !== row.account_id)
    conditions.StringEquals = { 'aws:PrincipalOrgID': '${aws:ResourceOrgID}' };
  return conditions;
}

function join(a: Conditions, b: Conditions): Conditions {
  const both: Conditions = { ...a };
  for (const [operator, keys] of Object.entries(b)) both[operator] = { ...both[operator], ...keys };
  return both;
}

/** Stages and ids are texts of users: what looks like a policy variable is none. */
function literally(text: string): string {
  return text.replaceAll('$', () => '${$}');
}
