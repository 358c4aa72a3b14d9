/** What a credential role is called, and which of its numbers fit together. */
import { parseArn } from '../../../../platform/contract/arn.ts';
import type { Place } from '../secret-ref.ts';

export const MAX_ROLES_PER_ACCOUNT = 1000;

const KIND = 'credential-role:';
const NAME = /^[A-Za-z0-9/_+=.@-]{1,128}$/;
const ACCOUNT = /^\d{12}$/;

export interface NamedReference {
  accountId: string;
  name: string;
  arn: string;
}

export function credentialRoleArn(place: Place, name: string): string {
  return `arn:${place.partition}:secretsmanager:${place.region}:${place.accountId}:${KIND}${name}`;
}

/** A name of the caller's account, or an ARN. Undefined: it can name no role of this region. */
export function parseCredentialRole(text: string, place: Place): NamedReference | undefined {
  if (!text.startsWith('arn:'))
    return NAME.test(text)
      ? { accountId: place.accountId, name: text, arn: credentialRoleArn(place, text) }
      : undefined;
  const arn = parseArn(text);
  const isHere = arn?.partition === place.partition && arn.region === place.region;
  if (!isHere || arn.service !== 'secretsmanager' || !arn.resource.startsWith(KIND)) return undefined;
  const name = arn.resource.slice(KIND.length);
  if (!NAME.test(name) || !ACCOUNT.test(arn.accountId)) return undefined;
  return { accountId: arn.accountId, name, arn: text };
}

export interface MariaDbGrant {
  privileges: string[];
  database: string;
  table?: string;
}

/** What the users may do: act as a role of PostgreSQL, or have privileges of MariaDB. */
export type RoleSettings = { actAs: string } | { grants: MariaDbGrant[] };

export interface RoleLimits {
  defaultTtlSeconds: number;
  maxTtlSeconds: number;
  maxLeases: number;
  maxLeasesPerPrincipal: number;
}

/** What is wrong with them, in words; undefined: nothing. */
export function limitsProblem(limits: RoleLimits): string | undefined {
  if (limits.defaultTtlSeconds > limits.maxTtlSeconds)
    return `the default lifetime of ${limits.defaultTtlSeconds} s is longer than the longest of ${limits.maxTtlSeconds} s`;
  if (limits.maxLeasesPerPrincipal > limits.maxLeases)
    return `one principal may have ${limits.maxLeasesPerPrincipal} leases, but all together only ${limits.maxLeases}`;
  return undefined;
}

/** What is wrong with the settings for this kind of database; undefined: nothing. */
export function settingsProblem(
  engine: string,
  settings: { ActAs?: string | undefined; Grants?: readonly unknown[] | undefined },
): string | undefined {
  const wanted = { postgres: 'ActAs', mariadb: 'Grants' }[engine];
  if (wanted === undefined) return `targets of engine ${engine} have no users with a lease`;
  const [given, other] = wanted === 'ActAs' ? [settings.ActAs, settings.Grants] : [settings.Grants, settings.ActAs];
  if (given === undefined) return `a role of a ${engine} target needs ${wanted}`;
  if (other !== undefined) return `a role of a ${engine} target has ${wanted} only`;
  return undefined;
}
