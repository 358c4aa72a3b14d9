/** A certificate for a name, signed by itself, made by the openssl that the tests have anyway. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SystemAccount } from '../../../../platform/store/testing/private-server.ts';

export interface TestCertificate {
  readonly keyFile: string;
  readonly certificateFile: string;
  readonly pem: string;
}

/** @param account who must be able to read the key, and nobody else */
export function testCertificate(name: string, account: SystemAccount | undefined): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-tls-'));
  const keyFile = join(folder, 'key.pem');
  const certificateFile = join(folder, 'certificate.pem');
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  execFileSync('openssl', [...request, ...subject, '-keyout', keyFile, '-out', certificateFile], { stdio: 'pipe' });
  chmodSync(keyFile, 0o600);
  if (account !== undefined)
    for (const path of [folder, keyFile, certificateFile]) chownSync(path, account.uid, account.gid);
  return { keyFile, certificateFile, pem: readFileSync(certificateFile, 'utf8') };
}
