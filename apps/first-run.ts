/** What the first run hands to the administrator, and what every start says. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../platform/config/config.ts';
import type { AnyService } from '../platform/runtime/service.ts';
import { bootstrap, type IamDeps } from '../services/iam/index.ts';
import { type DataFolders, writeAdmin } from './files.ts';

/** Writes the administrator's credentials; they count only after the files are on disk. */
export async function writeFirstRun(
  service: AnyService,
  deps: unknown,
  folders: DataFolders,
  config: Config,
): Promise<void> {
  if (service.name !== 'iam') return;
  const made = await bootstrap(deps as IamDeps);
  if (!made) return;
  writeAdmin(folders, {
    accountId: made.accountId,
    userName: made.userName,
    accessKeyId: made.accessKeyId,
    // The one place where the secret becomes text: the file that the administrator reads.
    secretAccessKey: made.secret.toString('latin1'),
    endpoint: `https://${config.listen.host}:${config.listen.port}`,
    region: config.region,
  });
  await made.confirm();
}

export function printWelcome(config: Config): void {
  const folder = join(config.dataFolder, 'bootstrap');
  const lines = [
    '',
    `Parapet serves https://${config.listen.host}:${config.listen.port} (region ${config.region}, data in ${config.dataFolder})`,
  ];
  if (existsSync(join(folder, 'admin.env'))) {
    lines.push(
      '',
      'In another shell:',
      `  . ${join(folder, 'admin.env')}`,
      '  aws --endpoint-url "$AWS_ENDPOINT_URL" sts get-caller-identity',
    );
  }
  process.stdout.write(`${lines.join('\n')}\n\n`);
}
