/** The pages about programs that were made for AWS: SDKs, SOPS, and what Terraform and Kubernetes ask. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { kindsIn } from '../harness/kubernetes.ts';
import { runPage } from '../harness/page.ts';
import { root } from '../harness/server.ts';

const server = inject('server');

/** Where `npm run test` puts programs that users install for themselves: boto3 comes with moto. */
const PATH = ['.moto', '.sops']
  .map((name) => join(root, 'node_modules', name, 'bin'))
  .concat(process.env.PATH ?? '')
  .join(delimiter);

async function works(path: string, alsoLook: (folder: string) => void = () => undefined): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-page-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  try {
    // The SDK for JavaScript warns about versions of Node.js that it will leave.
    const { shown, printed, ...ran } = await runPage(server, path, folder, { PATH, NODE_NO_WARNINGS: '1' });
    expect(ran).toEqual({ code: 0, stderr: '' });
    expect(printed).toEqual(shown);
    alsoLook(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it.each([
  'docs/how-to/connect-an-aws-sdk.md',
  'docs/how-to/encrypt-files-with-sops.md',
  'docs/how-to/manage-with-opentofu.md',
])('%s works as it is written down', { timeout: 1_200_000 }, (path) => works(path));

it('docs/how-to/connect-a-kubernetes-cluster.md works as it is written down', { timeout: 1_200_000 }, () =>
  works('docs/how-to/connect-a-kubernetes-cluster.md', (folder) => {
    const kinds = (name: string) => kindsIn(readFileSync(join(folder, `${name}.yaml`), 'utf8'));
    for (const name of ['external-secrets', 'issuer']) expect(kinds(name)).toEqual(['Secret', 'ConfigMap']);
    expect(kinds('store')).toEqual(['ClusterSecretStore', 'ExternalSecret']);
    expect(kinds('certificate')).toEqual(['AWSPCAClusterIssuer', 'Certificate']);
  }),
);
