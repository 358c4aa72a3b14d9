/** The data folder and what the first run leaves in it for the administrator. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInternalCa } from '../platform/tls/internal-ca.ts';
import { ensureLeaf, type Leaf, listenerLeaf, serviceLeaf } from '../platform/tls/leaf-file.ts';

export interface DataFolders {
  root: string;
  /** Unix sockets. */
  run: string;
  tls: string;
  bootstrap: string;
}

export function ensureFolders(root: string): DataFolders {
  const folders = { root, run: join(root, 'run'), tls: join(root, 'tls'), bootstrap: join(root, 'bootstrap') };
  for (const path of Object.values(folders)) mkdirSync(path, { recursive: true, mode: 0o700 });
  return folders;
}

/** Certificates of this process; the authority's certificate is handed to the administrator. */
export function ensureCertificates(
  folders: DataFolders,
  names: { host?: string; service?: string },
  now: () => number,
): Leaf {
  const ca = ensureInternalCa(folders.tls, now);
  const bundle = join(folders.bootstrap, 'ca.pem');
  if (!existsSync(bundle)) writePrivate(bundle, ca.certificatePem);
  return names.service === undefined
    ? ensureLeaf(ca, 'listener', listenerLeaf(names.host))
    : ensureLeaf(ca, names.service, serviceLeaf(names.service, names.host));
}

export interface AdminFile {
  accountId: string;
  userName: string;
  accessKeyId: string;
  secretAccessKey: string;
  endpoint: string;
  region: string;
}

/** `admin.json` for programs and `admin.env` for shells. */
export function writeAdmin(folders: DataFolders, admin: AdminFile): void {
  const ca = join(folders.bootstrap, 'ca.pem');
  const variables = {
    AWS_ENDPOINT_URL: admin.endpoint,
    AWS_CA_BUNDLE: ca,
    AWS_ACCESS_KEY_ID: admin.accessKeyId,
    AWS_SECRET_ACCESS_KEY: admin.secretAccessKey,
    AWS_REGION: admin.region,
    // boto3 and the first AWS CLI read this one only.
    AWS_DEFAULT_REGION: admin.region,
    NODE_EXTRA_CA_CERTS: ca,
    PARAPET_ENDPOINT: admin.endpoint,
  };
  const lines = Object.entries(variables).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  writePrivate(join(folders.bootstrap, 'admin.env'), lines.join(''));
  writePrivate(join(folders.bootstrap, 'admin.json'), `${JSON.stringify(admin, null, 2)}\n`);
}

/** Whole or not at all, readable by the owner only. */
function writePrivate(path: string, content: string): void {
  // Services that start together write the same files.
  const temporary = `${path}.${process.pid}.new`;
  const file = openSync(temporary, 'w', 0o600);
  writeSync(file, content);
  fsyncSync(file);
  closeSync(file);
  renameSync(temporary, path);
}
