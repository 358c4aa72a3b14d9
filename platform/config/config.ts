/**
 * Settings of the server, read once from the environment. This folder is the only place that reads it. A setting that
 * cannot be understood stops the start with a sentence that names it.
 */
import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';

export interface Address {
  host: string;
  port: number;
}

/** `key`: as verifiers take it. */
export interface AuditWitness {
  key: string;
  url: string;
}

/** A place where objects are put. */
export type NamedStore = { kind: 'folder'; folder: string } | { kind: 's3'; url: string };

export interface Config {
  dataFolder: string;
  listen: Address;
  pkiListen: Address;
  pkiUrl: string;
  /** Lists of revoked certificates of new authorities with partitioned ones. */
  pkiShards: number;
  /** Where else lists are published, by the name that authorities give as `S3BucketName`. */
  pkiStores: ReadonlyMap<string, NamedStore>;
  /** Where audit reports are written besides the data folder, by the name that is asked for as `S3BucketName`. */
  pkiReportStores: ReadonlyMap<string, NamedStore>;
  /** JSON file with the access keys of the stores that need them. */
  pkiCredentialsFile: string | undefined;
  region: string;
  partition: string;
  /** `postgres://...`; absent: SQLite files in the data folder. */
  database: string | undefined;
  hsm: {
    module: string | undefined;
    pinFile: string | undefined;
    /** The second token of a pair; absent: there is one token. */
    second: { module: string | undefined; pinFile: string | undefined } | undefined;
  };
  logLevel: string;
  clockWindowSeconds: number;
  drainSeconds: number;
  rates: { principalPerSecond: number; principalBurst: number; refusalsPerSecond: number; refusalBurst: number };
  /** IAM limits of AWS instead of our larger ones. */
  awsStrictLimits: boolean;
  /** How long the vault may use an opened data key without asking kms again. */
  vaultKeyCacheSeconds: number;
  /** Where databases and functions that the vault connects to may be: CIDR ranges, `sockets`. */
  vaultTargetNetworks: readonly string[];
  /** Where the ACME server may look whether somebody controls a name: CIDR ranges. */
  acmeNetworks: readonly string[];
  /** Name servers that it asks; empty: those of the system. */
  acmeResolvers: readonly Address[];
  acmeHttpPort: number;
  acmeTlsPort: number;
  /** Where exports of the audit log may connect to: CIDR ranges. */
  exportNetworks: readonly string[];
  /** Archives of the audit log, by the name that exports give. */
  auditStores: ReadonlyMap<string, NamedStore>;
  /** JSON file with the access keys of those that need them. */
  auditCredentialsFile: string | undefined;
  /** Where CAs outside, that certificates are got from, may be: CIDR ranges. */
  outsideNetworks: readonly string[];
  /** After a restore: the vault ends no user at a target of its own accord. */
  vaultRevocationHold: boolean;
  /** Who cosigns the checkpoints of the log. */
  auditWitnesses: readonly AuditWitness[];
  /** Internal listeners of the services when each runs in its own process. */
  services: Record<string, Address>;
}

/** Every setting with its default and meaning: the documentation of the configuration is generated from this table. */
export const SETTINGS = {
  PARAPET_DATA: ['./data', 'data folder, mode 0700'],
  PARAPET_LISTEN: ['127.0.0.1:8443', 'address of the API (TLS)'],
  PARAPET_PKI_LISTEN: [
    '127.0.0.1:8080',
    'address of the public PKI listener (plain HTTP): lists of revoked certificates, OCSP, certificates of authorities',
  ],
  PARAPET_PKI_URL: [
    '',
    'base URL written into certificates, http only: how clients reach the PKI listener; empty: http:// and its address',
  ],
  PARAPET_PKI_CRL_SHARDS: [
    '512',
    'over how many lists a new authority with CrlType PARTITIONED spreads its certificates, 1 to 4096; fixed for each authority from then on',
  ],
  PARAPET_PKI_STORES: [
    '',
    'where else lists are published: `name=folder:/path` or `name=s3:https://host/bucket`, separated by commas; authorities choose one by S3BucketName',
  ],
  PARAPET_PKI_REPORT_STORES: [
    '',
    'where audit reports are written besides the data folder, in the same form as PARAPET_PKI_STORES; who asks for one chooses by S3BucketName; not a place that everybody can read',
  ],
  PARAPET_PKI_CREDENTIALS_FILE: [
    '',
    'JSON file, mode 0600, with the access keys of S3 stores: {"name":{"accessKeyId":"...","secretAccessKey":"...","region":"..."}}',
  ],
  PARAPET_REGION: ['local-1', 'region of every ARN and signature'],
  PARAPET_PARTITION: ['aws', 'partition of every ARN; must begin with aws'],
  PARAPET_DATABASE: ['', 'postgres://... ; empty: SQLite files in the data folder'],
  PARAPET_HSM_MODULE: ['', 'PKCS#11 library; empty: SoftHSM is looked for'],
  PARAPET_HSM_PIN_FILE: ['', 'file with the PIN of the token; empty: made in the data folder for SoftHSM'],
  PARAPET_HSM_PAIR: [
    'false',
    'true: a second token with root keys of its own; every key is wrapped by both, and either serves alone',
  ],
  PARAPET_HSM_SECOND_MODULE: ['', 'PKCS#11 library of the second token; empty: that of the first'],
  PARAPET_HSM_SECOND_PIN_FILE: [
    '',
    'file with the PIN of the second token; empty: made in the folder hsm-b of the data folder for SoftHSM',
  ],
  PARAPET_LOG_LEVEL: ['info', 'trace, debug, info, warn, error or silent'],
  PARAPET_CLOCK_WINDOW_SECONDS: ['300', 'how far the clock of a signer may be off, 60 to 900'],
  PARAPET_DRAIN_SECONDS: ['20', 'how long a stop waits for requests in flight'],
  PARAPET_RATE_PRINCIPAL: ['10000', 'requests per second and principal'],
  PARAPET_RATE_REFUSALS: ['20', 'failed authentications per second and source address'],
  PARAPET_AWS_STRICT_LIMITS: [
    'false',
    'true: the sizes and counts that AWS allows, for policies that must stay portable',
  ],
  PARAPET_VAULT_KEY_CACHE_SECONDS: [
    '0',
    'how long the vault may read with a key that kms opened for a caller, 0 to 300; 0: every read asks kms',
  ],
  PARAPET_VAULT_TARGET_NETWORKS: [
    '',
    'where the vault may connect to rotate secrets and make users: CIDR ranges and `sockets`, separated by commas; empty: everywhere but this machine, link-local addresses and sockets; metadata services of clouds never',
  ],
  PARAPET_ACME_NETWORKS: [
    '',
    'where the ACME server may connect to validate names, within what each directory allows: CIDR ranges, separated by commas; empty: everywhere but this machine and link-local addresses; metadata services of clouds never',
  ],
  PARAPET_ACME_RESOLVERS: [
    '',
    'name servers the ACME server asks, host:port separated by commas; empty: those of the system',
  ],
  PARAPET_ACME_HTTP_PORT: ['80', 'port for http-01; another than 80 only where something forwards 80 to it'],
  PARAPET_ACME_TLS_PORT: ['443', 'port for tls-alpn-01; another than 443 only where something forwards 443 to it'],
  PARAPET_EXPORT_NETWORKS: [
    '',
    'where exports of the audit log may connect to: CIDR ranges, separated by commas; empty: everywhere but this machine and link-local addresses; metadata services of clouds never',
  ],
  PARAPET_AUDIT_STORES: [
    '',
    'archives of the audit log: `name=folder:/path` or `name=s3:https://host/bucket`, separated by commas; exports choose one by its name',
  ],
  PARAPET_AUDIT_CREDENTIALS_FILE: [
    '',
    'JSON file, mode 0600, with the access keys of S3 archives, in the form of PARAPET_PKI_CREDENTIALS_FILE',
  ],
  PARAPET_OUTSIDE_NETWORKS: [
    '',
    'where CAs outside, that certificates are got from, may be: CIDR ranges, separated by commas; empty: everywhere but this machine and link-local addresses; metadata services of clouds never',
  ],
  PARAPET_VAULT_REVOCATION_HOLD: [
    'false',
    'true: after a restore from a backup, no user of dynamic credentials is ended because its lease expired',
  ],
  PARAPET_AUDIT_WITNESSES: [
    '',
    'who cosigns the checkpoints of the log: `name+id+key https://host:port`, separated by commas; `parapet witness` prints its key',
  ],
  PARAPET_SERVICES: [
    'iam=127.0.0.1:9441,kms=127.0.0.1:9442,ccms=127.0.0.1:9443,pca=127.0.0.1:9444,org=127.0.0.1:9445,audit=127.0.0.1:9446',
    'internal addresses (mTLS) when services run in their own processes',
  ],
} as const;

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = Readonly<Record<string, string | undefined>>;

function readHsm(get: (name: keyof typeof SETTINGS) => string): Config['hsm'] {
  const module = get('PARAPET_HSM_MODULE') || undefined;
  const pinFile = get('PARAPET_HSM_PIN_FILE') || undefined;
  const secondModule = get('PARAPET_HSM_SECOND_MODULE') || undefined;
  const secondPinFile = get('PARAPET_HSM_SECOND_PIN_FILE') || undefined;
  if (!flag(get('PARAPET_HSM_PAIR'), 'PARAPET_HSM_PAIR')) {
    if (secondModule ?? secondPinFile)
      throw new ConfigError('a second token is named, but PARAPET_HSM_PAIR is not true');
    return { module, pinFile, second: undefined };
  }
  // The root keys of SoftHSM lie in a file: beside a real HSM it would open everything that one guards.
  if ((pinFile === undefined) !== (secondPinFile === undefined))
    throw new ConfigError('PARAPET_HSM_PIN_FILE and PARAPET_HSM_SECOND_PIN_FILE are set both or neither in a pair');
  return { module, pinFile, second: { module: secondModule ?? module, pinFile: secondPinFile } };
}

function flag(value: string, name: string): boolean {
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new ConfigError(`${name} ${value} is not true or false`);
}

export function readConfig(environment: Environment = process.env): Config {
  const get = (name: keyof typeof SETTINGS): string => environment[name] || SETTINGS[name][0];
  const region = get('PARAPET_REGION');
  if (!/^(?![0-9]+$)(?!-)[a-zA-Z0-9-]{1,63}(?<!-)$/.test(region))
    throw new ConfigError(`PARAPET_REGION ${region} is not a host label`);
  const partition = get('PARAPET_PARTITION');
  if (!/^aws(-[a-z]+)*$/.test(partition))
    throw new ConfigError(`PARAPET_PARTITION ${partition} does not begin with aws`);
  const rate = number(get('PARAPET_RATE_PRINCIPAL'), 'PARAPET_RATE_PRINCIPAL', 1, 10_000_000);
  const refusals = number(get('PARAPET_RATE_REFUSALS'), 'PARAPET_RATE_REFUSALS', 1, 10_000_000);
  return {
    dataFolder: resolve(get('PARAPET_DATA')),
    listen: address(get('PARAPET_LISTEN'), 'PARAPET_LISTEN'),
    pkiListen: address(get('PARAPET_PKI_LISTEN'), 'PARAPET_PKI_LISTEN'),
    pkiUrl: pkiUrl(get('PARAPET_PKI_URL') || `http://${get('PARAPET_PKI_LISTEN')}`),
    pkiShards: number(get('PARAPET_PKI_CRL_SHARDS'), 'PARAPET_PKI_CRL_SHARDS', 1, 4096),
    pkiStores: namedStores(get('PARAPET_PKI_STORES'), 'PARAPET_PKI_STORES'),
    pkiReportStores: namedStores(get('PARAPET_PKI_REPORT_STORES'), 'PARAPET_PKI_REPORT_STORES'),
    pkiCredentialsFile: get('PARAPET_PKI_CREDENTIALS_FILE') || undefined,
    region,
    partition,
    database: get('PARAPET_DATABASE') || undefined,
    hsm: readHsm(get),
    logLevel: get('PARAPET_LOG_LEVEL'),
    clockWindowSeconds: number(get('PARAPET_CLOCK_WINDOW_SECONDS'), 'PARAPET_CLOCK_WINDOW_SECONDS', 60, 900),
    drainSeconds: number(get('PARAPET_DRAIN_SECONDS'), 'PARAPET_DRAIN_SECONDS', 0, 600),
    rates: {
      principalPerSecond: rate,
      principalBurst: rate * 2,
      refusalsPerSecond: refusals,
      refusalBurst: refusals * 10,
    },
    vaultKeyCacheSeconds: number(get('PARAPET_VAULT_KEY_CACHE_SECONDS'), 'PARAPET_VAULT_KEY_CACHE_SECONDS', 0, 300),
    vaultTargetNetworks: networks(get('PARAPET_VAULT_TARGET_NETWORKS'), 'PARAPET_VAULT_TARGET_NETWORKS', ['sockets']),
    acmeNetworks: networks(get('PARAPET_ACME_NETWORKS'), 'PARAPET_ACME_NETWORKS'),
    acmeResolvers: get('PARAPET_ACME_RESOLVERS')
      .split(',')
      .flatMap((entry) => (entry.trim() === '' ? [] : [address(entry.trim(), 'PARAPET_ACME_RESOLVERS')])),
    acmeHttpPort: number(get('PARAPET_ACME_HTTP_PORT'), 'PARAPET_ACME_HTTP_PORT', 1, 65_535),
    acmeTlsPort: number(get('PARAPET_ACME_TLS_PORT'), 'PARAPET_ACME_TLS_PORT', 1, 65_535),
    exportNetworks: networks(get('PARAPET_EXPORT_NETWORKS'), 'PARAPET_EXPORT_NETWORKS'),
    auditStores: namedStores(get('PARAPET_AUDIT_STORES'), 'PARAPET_AUDIT_STORES'),
    auditCredentialsFile: get('PARAPET_AUDIT_CREDENTIALS_FILE') || undefined,
    outsideNetworks: networks(get('PARAPET_OUTSIDE_NETWORKS'), 'PARAPET_OUTSIDE_NETWORKS'),
    vaultRevocationHold: get('PARAPET_VAULT_REVOCATION_HOLD') === 'true',
    awsStrictLimits: get('PARAPET_AWS_STRICT_LIMITS') === 'true',
    auditWitnesses: auditWitnesses(get('PARAPET_AUDIT_WITNESSES')),
    services: Object.fromEntries(
      get('PARAPET_SERVICES')
        .split(',')
        .map((entry) => {
          const [name = '', where = ''] = entry.split('=');
          return [name.trim(), address(where, 'PARAPET_SERVICES')];
        }),
    ),
  };
}

function address(text: string, setting: string): Address {
  const at = text.lastIndexOf(':');
  const host = text.slice(0, at).replace(/^\[|\]$/g, '');
  const port = Number(text.slice(at + 1));
  if (at < 1 || host === '' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new ConfigError(`${setting} ${text} is not host:port`);
  return { host, port };
}

/** SECURITY: lists and OCSP over TLS would need what they are there for (RFC 5280 8). */
function pkiUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' || url.search !== '' || url.hash !== '' || url.username !== '')
    throw new ConfigError(`PARAPET_PKI_URL ${text} is not an http URL without query`);
  return text;
}

function namedStores(text: string, setting: string): Map<string, NamedStore> {
  const stores = new Map<string, NamedStore>();
  for (const entry of text.split(',').flatMap((one) => one.trim() || [])) {
    const [, name, kind, place = ''] = /^([A-Za-z0-9._/-]{3,255})=(folder|s3):(.+)$/.exec(entry) ?? [];
    const isUrl = URL.canParse(place) && /^https?:$/.test(new URL(place).protocol) && new URL(place).pathname !== '/';
    if (name === undefined || (kind === 's3' && !isUrl))
      throw new ConfigError(`${setting} ${entry} is neither name=folder:path nor name=s3:URL with a bucket`);
    stores.set(name, kind === 's3' ? { kind, url: place } : { kind: 'folder', folder: resolve(place) });
  }
  return stores;
}

function auditWitnesses(text: string): AuditWitness[] {
  return text.split(',').flatMap((entry) => {
    if (entry.trim() === '') return [];
    const [, key, url = ''] = /^(\S+\+[0-9a-f]{8}\+\S+)\s+(https?:\S+)$/.exec(entry.trim()) ?? [];
    if (key === undefined || !URL.canParse(url))
      throw new ConfigError(`PARAPET_AUDIT_WITNESSES ${entry.trim()} is not a verifier key, a blank and an address`);
    return [{ key, url }];
  });
}

function networks(text: string, setting: string, named: readonly string[] = []): string[] {
  const entries = text.split(',').flatMap((entry) => entry.trim() || []);
  const others = named.map((name) => ` nor "${name}"`).join('');
  for (const entry of entries) {
    if (!named.includes(entry) && !ipaddr.isValidCIDR(entry))
      throw new ConfigError(`${setting} ${entry} is ${others ? 'neither' : 'not'} a CIDR range${others}`);
  }
  return entries;
}

function number(text: string, setting: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new ConfigError(`${setting} ${text} is not a whole number from ${min} to ${max}`);
  return value;
}
