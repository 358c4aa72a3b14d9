/**
 * What an authority says about revocation: whether it publishes lists and answers OCSP, and where. Guarantees that what
 * certificates point to stays true: kind and number of lists never change once there were some, and every place that was
 * ever written into certificates stays among the names of the lists.
 */
import type { z } from 'zod';
import type { RevocationConfiguration } from '../../api/shapes.ts';

export type Configuration = z.output<typeof RevocationConfiguration>;
export type ListType = 'COMPLETE' | 'PARTITIONED';

export interface ListSettings {
  type: ListType;
  /** Of certificates of end entities; 1 for a complete list. Fixed for ever: certificates name their shard. */
  shards: number;
  /** What URIs of lists begin with, with a slash at the end: the first is that of new certificates. */
  bases: readonly string[];
}

export interface RevocationSettings {
  /** As it was asked for. */
  configuration: Configuration;
  /** Null: there never were lists. */
  lists: ListSettings | null;
  /** Of the responder and the certificate of the authority, with a slash at the end. */
  pkiBase: string;
  ocspBase: string;
}

/** What this installation has. */
export interface Installation {
  /** Base URL of the PKI listener. */
  pkiUrl: string;
  /** Number of lists of new authorities with partitioned ones. */
  shards: number;
  /** Names of the stores that lists can be written to. */
  stores: ReadonlySet<string>;
}

/** What `listFile` calls the list of certificates of authorities. */
export const AUTHORITIES_SHARD = 0;
/** Bases in the names of a list. */
const MAX_BASES = 8;
const DEFAULT_PATH = 'crl';
const DEFAULT_DAYS = 7;
/** RFC 1034 names, an optional port, and segments of a path without dots of their own. */
const CNAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:\d{1,5})?(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/;
const PATH = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/;

export type SettingsProblem = { ok: false; problem: string };
export type SettingsResult = { ok: true; settings: RevocationSettings } | SettingsProblem;

const refuse = (problem: string): SettingsProblem => ({ ok: false, problem });

export function readSettings(column: string | null): RevocationSettings | undefined {
  return column === null ? undefined : (JSON.parse(column) as RevocationSettings);
}

/** From what is asked for, and what was before. */
export function nextSettings(
  wanted: Configuration,
  before: RevocationSettings | undefined,
  installation: Installation,
): SettingsResult {
  const pkiBase = withSlash(installation.pkiUrl);
  const cname = wanted.OcspConfiguration?.OcspCustomCname;
  if (cname && !CNAME.test(cname)) return refuse('OcspCustomCname is not a host name without a scheme');
  const lists = nextLists(wanted.CrlConfiguration, before?.lists ?? null, installation);
  if (lists !== null && 'problem' in lists) return lists;
  const ocspBase = cname ? `http://${cname}/` : pkiBase;
  return { ok: true, settings: { configuration: wanted, lists, pkiBase, ocspBase } };
}

function nextLists(
  wanted: Configuration['CrlConfiguration'],
  before: ListSettings | null,
  { pkiUrl, shards, stores }: Installation,
): ListSettings | null | SettingsProblem {
  if (!wanted?.Enabled) return before;
  const { CustomCname: cname, CustomPath: path, S3BucketName: store, CrlType: type = 'COMPLETE' } = wanted;
  if (cname && !CNAME.test(cname)) return refuse('CustomCname is not a host name without a scheme');
  if (path && !PATH.test(path)) return refuse('CustomPath is not a path of letters, digits, ".", "_" and "-"');
  if (store !== undefined && !stores.has(store))
    return refuse(`S3BucketName ${store} is not a store of this installation`);
  if (wanted.CrlDistributionPointExtensionConfiguration?.OmitExtension && cname)
    return refuse('OmitExtension and CustomCname exclude each other');
  if (before && before.type !== type)
    return refuse(`the lists of the authority are ${before.type}: certificates point to them, so the type stays`);
  const base = `${cname ? `http://${cname}/` : withSlash(pkiUrl)}${path || DEFAULT_PATH}/`;
  const bases = [base, ...(before?.bases ?? []).filter((one) => one !== base)];
  if (bases.length > MAX_BASES) return refuse(`lists have at most ${MAX_BASES} places, those of the past included`);
  return { type, shards: before?.shards ?? (type === 'COMPLETE' ? 1 : shards), bases };
}

const withSlash = (url: string) => (url.endsWith('/') ? url : `${url}/`);

export function publishesLists(settings: RevocationSettings | undefined): boolean {
  return settings?.lists != null && settings.configuration.CrlConfiguration?.Enabled === true;
}

export function answersOcsp(settings: RevocationSettings | undefined): boolean {
  return settings?.configuration.OcspConfiguration?.Enabled === true;
}

export function listDays({ configuration }: RevocationSettings): number {
  return configuration.CrlConfiguration?.ExpirationInDays ?? DEFAULT_DAYS;
}

/** Every list of an authority, by its number. */
export function shardsOf({ type, shards }: ListSettings): number[] {
  if (type === 'COMPLETE') return [1];
  return [AUTHORITIES_SHARD, ...Array.from({ length: shards }, (_, at) => at + 1)];
}

/** The list that a certificate is on when it is revoked (spec pca 3.2); undefined: there are none. */
export function shardOf(serial: Buffer, isAuthority: boolean, lists: ListSettings | null): number | undefined {
  if (!lists) return undefined;
  if (lists.type === 'COMPLETE') return 1;
  if (isAuthority) return AUTHORITIES_SHARD;
  return Number(BigInt(`0x${serial.subarray(-8).toString('hex') || '0'}`) % BigInt(lists.shards)) + 1;
}

/** Behind the base. */
export function listFile(authorityId: string, shard: number, { type }: ListSettings): string {
  if (type === 'COMPLETE') return `${authorityId}.crl`;
  return `${authorityId}/${shard === AUTHORITIES_SHARD ? 'authorities' : shard}.crl`;
}

/** Every URI the list has and had, that of new certificates first. */
export function listUris(authorityId: string, shard: number, lists: ListSettings): string[] {
  const file = listFile(authorityId, shard, lists);
  return lists.bases.map((base) => base + file);
}

export function authorityUri(authorityId: string, { pkiBase }: RevocationSettings): string {
  return `${pkiBase}ca/${authorityId}.cer`;
}

export function ocspUri(authorityId: string, { ocspBase }: RevocationSettings): string {
  return `${ocspBase}ocsp/${authorityId}`;
}
