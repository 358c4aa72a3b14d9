/**
 * Settings of the command line, read from the environment: the variables every AWS tool knows, plus ours. Values that
 * are secrets never appear in a message.
 */
import { resolve } from 'node:path';
import { ConfigError } from './config.ts';

export interface ClientSettings {
  endpoint: string;
  region: string;
  accessKey?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Session JWT; used in place of the access key. */
  token?: string;
  /** PEM file with the CA of the server. */
  caFile?: string;
  /** File with the passphrase of backups. */
  backupPassphraseFile?: string;
}

/** Every variable with its default and meaning: the documentation is generated from this table. */
export const CLIENT_SETTINGS = {
  PARAPET_ENDPOINT: ['https://127.0.0.1:8443', 'address of the API'],
  AWS_ACCESS_KEY_ID: ['', 'access key'],
  AWS_SECRET_ACCESS_KEY: ['', 'secret of the access key'],
  AWS_SESSION_TOKEN: ['', 'session token of temporary credentials'],
  PARAPET_TOKEN: ['', 'session token (JWT) in place of an access key'],
  AWS_REGION: ['local-1', 'region in signatures'],
  AWS_CA_BUNDLE: ['', 'PEM file with the CA of the server; otherwise NODE_EXTRA_CA_CERTS'],
  NODE_EXTRA_CA_CERTS: ['', 'PEM file with the CA of the server'],
  PARAPET_DATA: ['./data', 'data folder of a server on this machine (parapet env)'],
  PARAPET_BACKUP_PASSPHRASE_FILE: ['', 'file with the passphrase of backups (parapet backup)'],
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws `ConfigError` for half an access key. */
export function readClientSettings(environment: Environment = process.env): ClientSettings {
  const get = (name: keyof typeof CLIENT_SETTINGS): string => environment[name] || CLIENT_SETTINGS[name][0];
  const accessKeyId = get('AWS_ACCESS_KEY_ID');
  const secretAccessKey = get('AWS_SECRET_ACCESS_KEY');
  if ((accessKeyId === '') !== (secretAccessKey === '')) {
    const missing = accessKeyId === '' ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY';
    throw new ConfigError(`${missing} is not set although the other half of the access key is`);
  }
  const sessionToken = get('AWS_SESSION_TOKEN');
  const token = get('PARAPET_TOKEN');
  const backupPassphraseFile = get('PARAPET_BACKUP_PASSPHRASE_FILE');
  const caFile = get('AWS_CA_BUNDLE') || get('NODE_EXTRA_CA_CERTS');
  return {
    endpoint: get('PARAPET_ENDPOINT'),
    region: get('AWS_REGION'),
    ...(accessKeyId !== '' && {
      accessKey: { accessKeyId, secretAccessKey, ...(sessionToken !== '' && { sessionToken }) },
    }),
    ...(token !== '' && { token }),
    ...(caFile !== '' && { caFile }),
    ...(backupPassphraseFile !== '' && { backupPassphraseFile }),
  };
}

/** Data folder of a server on this machine. Works whatever the other variables are. */
export function readDataFolder(environment: Environment = process.env): string {
  return resolve(environment.PARAPET_DATA || CLIENT_SETTINGS.PARAPET_DATA[0]);
}

/** What a program inherits that the command line starts: everything that is set. */
export function inheritedEnvironment(environment: Environment = process.env): Record<string, string> {
  const set = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(set);
}
