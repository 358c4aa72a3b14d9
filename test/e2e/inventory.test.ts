/** The inventory of certificates as its users see it: the page about it, and what strangers do not. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { runPage } from '../harness/page.ts';
import { native } from '../harness/signed.ts';
import { newCertificate } from '../matrix/pca-subject.ts';

const server = inject('server');

async function ask(operation: string, input: Record<string, unknown>) {
  const answer = await native(server, `/v1/pca/${operation}`, input);
  return { status: answer.status, body: answer.text === '' ? {} : answer.json() };
}

describe('the page about certificates from elsewhere', () => {
  it('works as it is written down', { timeout: 300_000 }, async () => {
    const page = mkdtempSync(join(tmpdir(), 'parapet-page-'));
    try {
      const path = 'docs/how-to/keep-certificates-from-elsewhere.md';
      const { shown, printed, ...ran } = await runPage(server, path, page);
      expect(ran).toEqual({ code: 0, stderr: '' });
      expect(printed).toEqual(shown);
    } finally {
      rmSync(page, { recursive: true, force: true });
    }
  });
});

describe('certificates from elsewhere', () => {
  it('are taken once, however often they come at the same moment', async () => {
    const Certificate = newCertificate().toString('base64');
    const answers = await Promise.all(
      [1, 2, 3, 4].map((at) => ask('upload-certificate', { Name: `race-${at}`, Certificate })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  });

  it('are downloaded in DER as they came', async () => {
    const pem = newCertificate();
    const { body } = await ask('upload-certificate', { Name: 'as-it-came', Certificate: pem.toString('base64') });
    const { CertificateArn } = body as { CertificateArn: string };
    const file = await ask('download-certificate', { CertificateArn, Format: 'DER' });
    const der = execFileSync('openssl', ['x509', '-outform', 'DER'], { input: pem });
    expect(Buffer.from((file.body as { Content: string }).Content, 'base64')).toEqual(der);
  });
});
