/** The options of a command, made from the members of the operation's input. */
import { type Command, Option } from 'commander';
import { type AnyOperation, kebabCase } from '../../platform/contract/operation.ts';
import { type Member, type Shape, shapeTree } from '../../platform/contract/shape-tree.ts';

export interface MemberOption {
  member: Member;
  /** `--key-id` */
  flag: string;
  /** Where commander puts the value. */
  attribute: string;
}

/** Names that every command uses for itself; no member may be called so (checked in the tests). */
const RESERVED_FLAGS: ReadonlySet<string> = new Set([
  '--all',
  '--curl',
  '--debug',
  '--endpoint',
  '--help',
  '--input-json',
  '--output',
  '--region',
  '--save',
]);

export function memberOptions(operation: AnyOperation): MemberOption[] {
  const tree = shapeTree(operation.input);
  if (tree.kind !== 'structure') return [];
  return tree.members.map((member) => {
    const flag = `--${kebabCase(member.name)}`;
    if (RESERVED_FLAGS.has(flag))
      throw new Error(`member ${member.name} of ${operation.name} hides the option ${flag}`);
    return { member, flag, attribute: new Option(flag).attributeName() };
  });
}

export function addMemberOptions(command: Command, operation: AnyOperation): void {
  for (const { member, flag } of memberOptions(operation)) {
    const heading = 'Input:';
    const text = describeMember(member);
    if (member.shape.kind === 'boolean') {
      command.addOption(new Option(flag, text).helpGroup(heading));
      command.addOption(new Option(flag.replace('--', '--no-'), `the same with the value false`).helpGroup(heading));
    } else {
      const repeated = member.shape.kind === 'list' || member.shape.kind === 'map';
      const option = new Option(`${flag} <${placeholder(member.shape)}${repeated ? '...' : ''}>`, text);
      const values = choices(member.shape);
      command.addOption((values ? option.choices(values) : option).helpGroup(heading));
    }
  }
}

function choices(shape: Shape): readonly string[] | undefined {
  if (shape.kind === 'list') return choices(shape.item);
  return shape.kind === 'string' ? shape.values : undefined;
}

function placeholder(shape: Shape): string {
  switch (shape.kind) {
    case 'blob':
      return shape.secret ? 'bytes' : 'fileb://file';
    case 'timestamp':
      return 'time';
    case 'integer':
    case 'number':
      return 'number';
    case 'map':
      return 'key=value';
    case 'structure':
      return 'member=value';
    case 'list':
      return placeholder(shape.item);
    case 'string':
      return shape.document ? 'file://file' : 'text';
    default:
      return 'json';
  }
}

/** One line on what a member takes: kind, bounds, whether it must be there. */
function describeMember(member: Member): string {
  return `${describeShape(member.shape)}${member.required ? ' (required)' : ''}`;
}

function describeShape(shape: Shape): string {
  switch (shape.kind) {
    case 'string':
      if (shape.values) return 'name';
      return shape.document ? 'policy document' : `text${bounds(shape, ' characters', ' of ')}`;
    case 'integer':
    case 'number':
      return `${shape.kind === 'integer' ? 'whole number' : 'number'}${bounds(shape, '')}`;
    case 'boolean':
      return 'yes or no';
    case 'blob':
      return shape.secret ? 'secret bytes' : 'bytes';
    case 'timestamp':
      return 'time, 2026-01-31T08:00:00Z or 2026-01-31';
    case 'list':
      return `list${bounds(shape, '', ' of ')}: ${describeShape(shape.item)}`;
    case 'map':
      return `map; values: ${describeShape(shape.value)}`;
    case 'structure':
      return `structure of ${shape.members.map((m) => m.name).join(', ')}`;
    default:
      return 'JSON value';
  }
}

function bounds(shape: { min?: number; max?: number }, unit: string, lead = ' '): string {
  const { min, max } = shape;
  if (min && max !== undefined) return `${lead}${min === max ? min : `${min} to ${max}`}${unit}`;
  if (max !== undefined) return `${lead}up to ${max}${unit}`;
  if (min) return `${lead}from ${min}${unit}`;
  return '';
}
