/** One command per operation: reads the input, checks it, sends it, prints the answer. */
import { type Command, Option } from 'commander';
import { decodeBase64, decoder } from '../../platform/contract/codec.ts';
import { type AnyOperation, kebabCase } from '../../platform/contract/operation.ts';
import { type Shape, shapeTree } from '../../platform/contract/shape-tree.ts';
import { checkInput } from '../../platform/contract/validation.ts';
import { invalidInput } from '../../sdk/client.ts';
import type { Exchange } from '../../sdk/exchange.ts';
import { pages } from '../../sdk/paginate.ts';
import { connect } from '../../sdk/parapet.ts';
import { exampleCommand } from '../input/example.ts';
import { addMemberOptions } from '../input/member-options.ts';
import { type GivenOptions, readInput } from '../input/read-input.ts';
import { curlCommand } from '../output/curl.ts';
import { print } from '../output/print.ts';
import { addSharedOptions, clientOptions, type SharedOptions, type Terminal, UsageError } from '../terminal.ts';

type Values = Record<string, unknown>;

export function addOperationCommand(parent: Command, operation: AnyOperation, terminal: Terminal): void {
  const command = parent
    .command(kebabCase(operation.name))
    .description(operation.doc)
    .summary(firstSentence(operation.doc));
  addMemberOptions(command, operation);
  command.addOption(new Option('--input-json <json|@file>', 'the whole input as native JSON').helpGroup('Input:'));
  addSharedOptions(command, 'json');
  command.option('--curl', 'print the request as a curl command and do not send it');
  if (operation.pagination) command.option('--all', 'follow the pages to the end of the list');
  if (blobMembers(operation).length > 0) {
    const names = blobMembers(operation).join(', ');
    command.option('--save <member=file...>', `write a binary member of the answer to a file (${names})`);
  }
  command.addHelpText('after', () => helpOf(operation));
  command.action(async (options: GivenOptions & SharedOptions) => runOperation(operation, options, terminal));
}

async function runOperation(operation: AnyOperation, options: GivenOptions & SharedOptions, terminal: Terminal) {
  const input = await readInput(operation, options, (path) => terminal.read(path));
  const checked = checkInput(operation.input, decoder(shapeTree(operation.input), 'native')(input));
  if (!checked.ok) throw invalidInput(checked.issues);
  const saves = readSaves(operation, options.save);

  if (options.curl) {
    const settings = terminal.settings();
    const { endpoint = settings.endpoint, region = settings.region } = options;
    terminal.out(curlCommand(operation, input, { ...settings, endpoint, region }));
    return;
  }
  const connection = connect(await clientOptions(terminal, options, { credentials: operation.authz !== 'public' }));
  try {
    const answer = options.all
      ? await everyPage(operation, input, connection.exchange)
      : await connection.exchange(operation, input);
    if (operation.output === undefined) return;
    print(terminal, await saveMembers(answer, saves, terminal), options.output);
  } finally {
    connection.close();
  }
}

/** The lists of all pages in one answer, without the members that lead from page to page. */
async function everyPage(operation: AnyOperation, input: Values, exchange: Exchange): Promise<Values> {
  const { pagination } = operation;
  const whole: Values = {};
  for await (const page of pages(operation, input, (next) => exchange(operation, next))) {
    for (const [name, value] of Object.entries(page)) {
      if (name === pagination?.nextToken || name === pagination?.more) continue;
      const before = whole[name];
      if (Array.isArray(value) && Array.isArray(before)) before.push(...value);
      else whole[name] = value;
    }
  }
  return whole;
}

function blobMembers(operation: AnyOperation): string[] {
  if (operation.output === undefined) return [];
  const tree: Shape = shapeTree(operation.output);
  if (tree.kind !== 'structure') return [];
  return tree.members.filter((member) => member.shape.kind === 'blob').map((member) => member.name);
}

function readSaves(operation: AnyOperation, value: unknown): ReadonlyMap<string, string> {
  const saves = new Map<string, string>();
  for (const text of (value as string[] | undefined) ?? []) {
    const at = text.indexOf('=');
    const member = text.slice(0, Math.max(at, 0));
    if (at < 1 || at === text.length - 1 || !blobMembers(operation).includes(member)) {
      throw new UsageError(`--save cannot save ${text}`, `write ${blobMembers(operation)[0]}=file`);
    }
    saves.set(member, text.slice(at + 1));
  }
  return saves;
}

/** Writes the bytes to their files and puts the names of the files where the bytes were. */
async function saveMembers(answer: unknown, saves: ReadonlyMap<string, string>, terminal: Terminal): Promise<unknown> {
  if (saves.size === 0 || typeof answer !== 'object' || answer === null) return answer;
  const shown: Values = { ...answer };
  for (const [member, path] of saves) {
    const bytes = typeof shown[member] === 'string' ? decodeBase64(shown[member]) : undefined;
    if (!bytes) throw new UsageError(`the answer has no bytes in ${member}`);
    try {
      await terminal.write(path, bytes);
    } catch (cause) {
      throw new UsageError(`the file ${path} cannot be written (${(cause as { code?: string }).code ?? 'unknown'})`);
    } finally {
      bytes.fill(0);
    }
    shown[member] = `saved to ${path}`;
  }
  return shown;
}

function helpOf(operation: AnyOperation): string {
  const { authz, rest, aws, examples } = operation;
  const lines = ['', `Route: ${rest.method} ${rest.path}`];
  if (typeof authz === 'object') {
    const also = authz.alsoChecks?.length ? ` and ${authz.alsoChecks.join(', ')}` : '';
    lines.push(`Permission: ${authz.action}${also} on ${authz.resource === '*' ? 'any resource' : authz.resource}`);
  }
  if (aws?.protocol === 'json-1.1') lines.push(`AWS: X-Amz-Target ${aws.target}`);
  if (aws?.protocol === 'query') lines.push(`AWS: Action=${operation.name}&Version=${aws.version}`);
  if (examples.length > 0) lines.push('', 'Examples:');
  for (const { title, input } of examples) lines.push(`  # ${title}`, `  ${exampleCommand(operation, input)}`);
  return lines.join('\n');
}

function firstSentence(text: string): string {
  const end = text.indexOf('. ');
  return end < 0 ? text : text.slice(0, end + 1);
}
