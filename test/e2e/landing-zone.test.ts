/** A landing zone from the first file to the last difference, with the real command line on a server of its own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createParapet, type Parapet } from '../../sdk/index.ts';
import { adminCredentials, environment, eventually, type Ran, run } from '../harness/clients.ts';
import { type Running, root, startParapet } from '../harness/server.ts';

const { shape, engine } = inject('server');
const folder = mkdtempSync(join(tmpdir(), 'parapet-lz-'));
const file = join(folder, 'landing-zone.yaml');
const command = join(root, 'dist/bin/parapet.js');

let server: Running;
let client: Parapet;
beforeAll(async () => {
  server = await startParapet({ shape, engine });
  client = connect();
  await client.org.createOrganization({});
}, 120_000);
afterAll(async () => {
  client?.close();
  await server?.stop();
  rmSync(folder, { recursive: true });
});

function connect(): Parapet {
  const { accessKeyId, secretAccessKey } = server.admin;
  return createParapet({
    endpoint: server.endpoint,
    region: server.admin.region,
    ca: readFileSync(server.caPath),
    credentials: { accessKeyId, secretAccessKey },
  });
}

const lz = (...words: string[]): Promise<Ran> =>
  run(process.execPath, [command, 'lz', ...words], environment(server, adminCredentials(server)), 120_000);
const edit = (from: string, to: string) => writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
const planOf = ({ stdout }: Ran) => /^plan {4}(lzp-\S+)$/m.exec(stdout)?.[1] as string;

describe('a landing zone', () => {
  it('begins with a blueprint', async () => {
    expect(await lz('init', file, '--name', 'acme', '--domain', 'acme.example')).toMatchObject({ code: 0, stderr: '' });
    expect(await lz('validate', file)).toMatchObject({ code: 0, stderr: '' });
  });

  it('points at the line and column of what is wrong', async () => {
    const bad = join(folder, 'bad.yaml');
    const lines = readFileSync(file, 'utf8').split('\n');
    const at = lines.findIndex((line) => line.includes('onAccountRemoved: forget'));
    lines[at] = '  onAccountRemoved: shred';
    writeFileSync(bad, lines.join('\n'));
    const checked = await lz('validate', bad);
    expect(checked.code).toBe(1);
    expect(checked.stderr).toContain(
      `${bad}:${at + 1}:21: error: onAccountRemoved is not forget or quarantine or close`,
    );
  });

  it('is planned and applied with its progress, and then there is nothing left to do', async () => {
    const planned = await lz('plan', file);
    expect(planned).toMatchObject({ code: 0, stderr: '' });
    expect(planned.stdout).toMatch(/^ +\d+ {2}make account log-archive \(Log archive\) under security$/m);
    expect(planned.stdout).toContain('Not done by this plan, though the file names it:');
    const applied = await lz('apply', planOf(planned));
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    expect(applied.stdout).toMatch(/^\[1\/(\d+)\] .*^\[\1\/\1\] .*^applied: \1 steps$/ms);
    const again = await lz('plan', file);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('Nothing to do');
    expect(await lz('drift')).toMatchObject({ code: 0, stdout: 'no drift\n' });
  });

  it('binds the accounts it has made', async () => {
    const { Nodes } = await client.org.describeOrganizationTree({ ExpandPolicies: true });
    const archive = Nodes.find(({ Name }) => Name === 'Log archive');
    expect(archive?.State).toBe('ACTIVE');
    const security = Nodes.find(({ Id }) => Id === archive?.ParentId);
    expect(security).toMatchObject({ Name: 'Security' });
    expect(security?.Policies).toHaveLength(3);
  });

  it('says who changed something behind its back, and when', async () => {
    const { Nodes } = await client.org.describeOrganizationTree({});
    const devops = Nodes.find(({ Name }) => Name === 'DevOps');
    const sandbox = Nodes.find(({ Name }) => Name === 'Sandbox');
    await client.org.moveAccount({
      AccountId: devops?.Id as string,
      SourceParentId: devops?.ParentId as string,
      DestinationParentId: sandbox?.Id as string,
    });
    const drift = await lz('drift');
    expect(drift.code).toBe(1);
    expect(drift.stdout).toContain('ACCOUNT_MOVED devops: expected under infrastructure, found under sandbox');
    expect(drift.stdout).toMatch(/by arn:aws:iam::\d{12}:user\/admin at \d{4}-.*Z \(MoveAccount\)/);
    expect((await lz('plan', file)).stdout).toContain('Nothing to do');
    const back = await lz('plan', file, '--prefer', 'file');
    expect(back.stdout).toContain('move account devops from sandbox to infrastructure');
    expect(await lz('apply', planOf(back))).toMatchObject({ code: 0 });
    expect(await lz('drift')).toMatchObject({ code: 0 });
  });

  it('is exported as a file that means the same', async () => {
    const exported = await lz('export');
    expect(exported).toMatchObject({ code: 0, stderr: '' });
    const copy = join(folder, 'exported.yaml');
    writeFileSync(copy, exported.stdout);
    expect(await lz('validate', copy)).toMatchObject({ code: 0 });
    expect((await lz('plan', copy)).stdout).toContain('Nothing to do');
    expect(await lz('import', copy)).toMatchObject({ code: 1, stderr: expect.stringContaining('exists') });
  });

  it('refuses what is protected, and what is graver than was accepted', async () => {
    edit('  - key: exceptions\n    name: Exceptions\n', '');
    const refused = await lz('apply', '--file', file);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('the plan is destructive') });
    expect(await lz('apply', '--file', file, '--accept', 'destructive')).toMatchObject({ code: 0 });
    edit('role: log-archive\n    parent: security', 'role: log-archive\n    parent: root');
    const moved = await lz('plan', file);
    expect(moved.code).toBe(2);
    expect(moved.stdout).toContain('log-archive is protected and would be moved');
    edit('role: log-archive\n    parent: root', 'role: log-archive\n    parent: security');
  });

  it('goes on after the server was killed in the middle of an apply', async () => {
    const more = Array.from(
      { length: 25 },
      (_, i) => `  - {key: lab-${i}, name: Lab ${i}, email: lab-${i}@acme.example, parent: sandbox}`,
    );
    edit('guardrailSets:\n', `${more.join('\n')}\n\nguardrailSets:\n`);
    const { Plan } = await client.org.planLandingZone({ Document: readFileSync(file, 'utf8') });
    expect(Plan).toMatchObject({ StepCount: 25, Conflicts: [] });
    const { Apply } = await client.org.applyPlan({ PlanId: Plan.PlanId, Sha256: Plan.Sha256 });
    await eventually(async () => (await client.org.describeApply({ ApplyId: Apply.ApplyId })).Apply.Done >= 3);
    await server.kill();
    await server.start();
    client.close();
    client = connect();
    const end = await eventually(async () => {
      const { Apply: now } = await client.org.describeApply({ ApplyId: Apply.ApplyId });
      return now.State !== 'RUNNING' && now;
    }, 60_000);
    expect(end).toMatchObject({ State: 'SUCCEEDED', Done: 25 });
    expect((await lz('plan', file)).stdout).toContain('Nothing to do');
    const { Nodes } = await client.org.describeOrganizationTree({});
    expect(Nodes.filter(({ Name, State }) => Name.startsWith('Lab ') && State === 'ACTIVE')).toHaveLength(25);
  }, 120_000);

  it('can be taken back', async () => {
    const { Applies } = await client.org.listApplies({ MaxResults: 2 });
    edit('name: Suspended', 'name: Stopped');
    expect(await lz('apply', '--file', file)).toMatchObject({ code: 0 });
    const { Applies: after } = await client.org.listApplies({ MaxResults: 2 });
    expect(after[1]).toEqual(Applies[0]);
    const back = await lz('rollback', after[0]?.ApplyId as string);
    expect(back.stdout).toContain('rename unit suspended from Stopped to Suspended');
    expect(await lz('apply', planOf(back))).toMatchObject({ code: 0 });
    expect(await lz('drift')).toMatchObject({ code: 0 });
  });
});
