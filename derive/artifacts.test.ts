import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PLATFORM_CODES } from '../platform/contract/error.ts';
import { boxes } from '../sdk/testing/fixture.ts';
import { artifacts } from './artifacts.ts';
import { awsCompatibility } from './docs/aws-compatibility.ts';
import { errorsReference } from './docs/errors.ts';
import { replaceSection, table } from './docs/markdown.ts';
import { operationsReference, serviceTable } from './docs/operations.ts';
import { readSdkSchemas } from './drift/sdk-schemas.ts';
import { operations, serviceApis } from './operations.ts';
import { sdkAreas } from './sdk-areas.ts';

const roots: string[] = [];
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true });
});

function repository(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'parapet-derive-'));
  roots.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const README = '# a service\n<!-- operations -->\nold\n<!-- /operations -->\nby hand\n';
const readmes = Object.fromEntries(serviceApis.map(({ service }) => [`services/${service}/README.md`, README]));

describe('artifacts', () => {
  it('are up to date once they are written', () => {
    const root = repository(readmes);
    const before = artifacts(root);
    expect(before.filter(({ current, wanted }) => current === wanted)).toEqual([]);
    for (const { path, wanted } of before) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), wanted ?? '');
    }
    expect(artifacts(root).filter(({ current, wanted }) => current !== wanted)).toEqual([]);
  });

  it('keep what people wrote around the table', () => {
    const readme = artifacts(repository(readmes)).find(({ path }) => path === 'services/kms/README.md');
    expect(readme?.wanted).toMatch(
      /^# a service\n<!-- operations -->\n\| operation .*\n<!-- \/operations -->\nby hand\n$/s,
    );
    expect(readme?.wanted).not.toContain('\nold\n');
  });

  it('say which README has no place for the table', () => {
    const { 'services/iam/README.md': _, ...others } = readmes;
    const found = artifacts(repository({ ...others, 'services/kms/README.md': '# kms\n' }));
    const problems = found
      .filter(({ problem }) => problem !== undefined)
      .map(({ path, problem }) => `${path} ${problem}`);
    expect(problems).toEqual([
      'services/iam/README.md does not exist',
      'services/kms/README.md has no <!-- operations --> and <!-- /operations -->',
    ]);
  });
});

describe('the operations table of a service', () => {
  it('has one row for each operation, internal ones marked', () => {
    const rows = serviceTable([
      boxes.Seal,
      { ...boxes.GetBox, authz: 'internal' },
      { ...boxes.DropBox, authz: 'authenticated' },
    ]);
    expect(rows.trim().split('\n').slice(2)).toEqual([
      '| `Seal` | Seals bytes into a box. | `boxes:Seal` | `boxes:box` | `POST /v1/boxes/seal` | `BoxService.Seal` |',
      '| `GetBox` | Looks at one box. | our own services | none | internal |  |',
      '| `DropBox` | Deletes a box. | none, any valid caller | none | `POST /v1/boxes/drop-box` |  |',
    ]);
  });
});

describe('the reference', () => {
  it('describes every public operation', () => {
    const text = operationsReference(operations);
    for (const { name, doc } of operations) expect(text).toContain(`### ${name}\n\n${doc}\n`);
    expect(text).not.toContain('internal');
  });

  it('describes every error code', () => {
    const text = errorsReference(operations);
    const codes = operations.flatMap(({ errors }) => Object.keys(errors));
    for (const code of [...Object.keys(PLATFORM_CODES), ...codes]) expect(text).toContain(`| \`${code}\` |`);
  });

  it('joins the operations that declare the same error', () => {
    expect(errorsReference([boxes.Seal, boxes.GetBox])).toContain(
      '| `NotFound` | 404 | `NotFoundException` | The box does not exist. | boxes Seal, boxes GetBox |',
    );
  });

  it('counts what AWS has and we have, and names what is missing and what is refused', () => {
    const unit = () => 'unit';
    const model = readSdkSchemas(
      { Seal$: [9, 'n', 'Seal', 0, unit, unit], Melt$: [9, 'n', 'Melt', 0, unit, unit] },
      'x',
    );
    const text = awsCompatibility([boxes.Seal, boxes.GetBox], new Map([['boxes', model]]));
    expect(text).toContain('| boxes | 1 | 2 |');
    expect(text).toContain('| `Seal` | `DryRun` |');
    expect(text).toContain('Not implemented: `Melt`.');
  });
});

describe('sdkAreas', () => {
  const api = { service: 'kms', module: 'services/kms/api/index.ts', exportName: 'kmsApi' } as const;

  it('groups public operations by area and leaves internal ones out', () => {
    const text = sdkAreas([
      {
        ...api,
        table: {
          Seal: boxes.Seal,
          Hidden: { ...boxes.GetBox, authz: 'internal' },
          Other: { ...boxes.DropBox, area: 'lids' },
        },
      },
    ]);
    expect(text).toContain("import { kmsApi } from '../services/kms/api/index.ts';");
    expect(text).toContain('  boxes: {\n    Seal: kmsApi.Seal,\n  },\n  lids: {\n    DropBox: kmsApi.Other,\n  },\n');
    expect(text).not.toContain('Hidden');
  });

  it('refuses two operations of one name in one area', () => {
    expect(() => sdkAreas([{ ...api, table: { A: boxes.Seal, B: boxes.Seal } }])).toThrow(
      'two operations are called boxes Seal',
    );
  });
});

describe('markdown', () => {
  it('keeps cells in their column', () => {
    expect(table(['a'], [['x|y\nz']])).toBe('| a |\n|---|\n| x\\|y z |\n');
  });

  it('replaces a section and nothing else', () => {
    expect(replaceSection('a<!-- s -->x<!-- /s -->b', 's', 'new\n')).toBe('a<!-- s -->\nnew\n<!-- /s -->b');
    expect(replaceSection('a<!-- /s --><!-- s -->b', 's', 'new')).toBeUndefined();
    expect(replaceSection('nothing', 's', 'new')).toBeUndefined();
  });
});
