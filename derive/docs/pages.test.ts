/** The documentation as a whole: whatever can be pasted is run by a test, and whatever is pointed at is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const filesBelow = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

const MAP = 'docs/README.md';
const pages = filesBelow('docs', '.md').sort();
/** Generated from the examples of the declarations; each command is read back to its example there. */
const RUN_ELSEWHERE: Readonly<Record<string, string>> = { 'docs/reference/operations.md': 'cli/input/example.test.ts' };
/** Where paths of files begin, in the text of a page. */
const FOLDERS = /^(apps|bench|cli|derive|docs|gateways|hsm|platform|policies|scripts|sdk|services|test|tlog)\//;

/** Outside of blocks, where brackets are what they look like. */
const prose = (text: string) => text.replaceAll(/^```[\s\S]*?^```$/gm, '');

function slugs(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    (title as string)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const linksOf = (page: string) =>
  [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target as string)
    .filter((target) => !/^[a-z]+:/.test(target));

/** The file or folder that a link leads to, from the root. */
const targetOf = (page: string, link: string) => {
  const path = link.split('#')[0] as string;
  return path === '' ? page : relative(root, resolve(root, dirname(page), path));
};

describe('the documentation', () => {
  it('has pages, and links between them', () => {
    expect(pages.length).toBeGreaterThan(30);
    expect(pages.flatMap(linksOf).length).toBeGreaterThan(30);
  });

  const pasteable = pages.filter((page) => /^```(sh|bash|shell|console)$/m.test(read(page)));
  const tests = [...filesBelow('test', '.test.ts'), ...Object.values(RUN_ELSEWHERE)];
  it.each(pasteable)('%s is run by a test', (page) => {
    const running = RUN_ELSEWHERE[page]
      ? [RUN_ELSEWHERE[page]]
      : tests.filter((test) => read(test).includes(`'${page}'`) && /\brunPage\(|'bash'/.test(read(test)));
    expect(running.map((test) => existsSync(join(root, test)))).toContain(true);
  });

  it.each([...pages, 'README.md'])('%s points at what is there', (page) => {
    const dead = linksOf(page).filter((link) => {
      const target = targetOf(page, link);
      const [, anchor] = link.split('#');
      if (target.startsWith('..') || !existsSync(join(root, target))) return true;
      return anchor !== undefined && !slugs(read(target)).includes(anchor);
    });
    expect(dead).toEqual([]);
  });

  it.each(pages)('%s names files that are there', (page) => {
    const named = [...prose(read(page)).matchAll(/`([\w./-]+\.(?:ts|mjs|md|json|yaml))`/g)].map(
      ([, path]) => path as string,
    );
    expect(named.filter((path) => FOLDERS.test(path) && !existsSync(join(root, path)))).toEqual([]);
  });

  it('has every page on its map, alone or with its folder', () => {
    const mapped = linksOf(MAP).map((link) => targetOf(MAP, link));
    const missing = pages.filter((page) => page !== MAP && !mapped.includes(page) && !mapped.includes(dirname(page)));
    expect(missing).toEqual([]);
  });

  it('is led to by the README', () => {
    expect(linksOf('README.md').map((link) => targetOf('README.md', link))).toContain(MAP);
  });
});
