/** Operations as tables: for the README of each service and for the reference. */
import { exampleCommand } from '../../cli/input/example.ts';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { byArea } from '../operations.ts';
import { code, GENERATED, table } from './markdown.ts';

/** For people who read the code of a service: also what is only for our own services. */
export function serviceTable(operations: readonly AnyOperation[]): string {
  return table(
    ['operation', 'what it does', 'action', 'resource', 'REST', 'AWS'],
    operations.map((operation) => [
      code(operation.name),
      operation.doc,
      actionOf(operation),
      resourceOf(operation),
      operation.authz === 'internal' ? 'internal' : code(`${operation.rest.method} ${operation.rest.path}`),
      awsOf(operation),
    ]),
  );
}

export function operationsReference(operations: readonly AnyOperation[]): string {
  const areas = byArea(operations);
  const contents = [...areas.keys()].map((area) => `[${area}](#${area})`).join(' · ');
  const sections = [...areas].map(([area, all]) => `## ${area}\n\n${all.map(section).join('\n')}`);
  return `${GENERATED}# Operations\n\n${contents}\n\nMembers, bounds and answers: \`GET /openapi.json\`. Errors that every operation can answer: [errors](errors.md).\n\n${sections.join('\n')}`;
}

function section(operation: AnyOperation): string {
  const { name, doc, rest, effect, errors, examples } = operation;
  const facts: [string, string][] = [
    ['REST', code(`${rest.method} ${rest.path}`)],
    ['AWS', awsOf(operation)],
    ['permission', `${actionOf(operation)}${alsoOf(operation)} on ${resourceOf(operation)}`],
    ['condition keys', conditionsOf(operation)],
    ['effect', EFFECTS[effect]],
    ['errors', Object.keys(errors).map(code).join(', ')],
  ];
  const lines = facts.filter(([, text]) => text !== '').map(([title, text]) => `- ${title}: ${text}`);
  const shell = examples.map(({ title, input }) => `# ${title}\n${exampleCommand(operation, input)}`);
  return `### ${name}\n\n${doc}\n\n${lines.join('\n')}\n\n\`\`\`sh\n${shell.join('\n')}\n\`\`\`\n`;
}

const EFFECTS: Readonly<Record<AnyOperation['effect'], string>> = {
  read: 'looks at state',
  use: 'uses a key or releases a secret: answered after its record is durable',
  write: 'changes state, with its record in one commit; takes an `Idempotency-Key`',
};

function actionOf({ authz }: AnyOperation): string {
  if (authz === 'authenticated') return 'none, any valid caller';
  if (authz === 'public') return 'none, also without credentials';
  return authz === 'internal' ? 'our own services' : code(authz.action);
}

function alsoOf({ authz }: AnyOperation): string {
  return typeof authz === 'object' && authz.alsoChecks?.length ? ` and ${authz.alsoChecks.map(code).join(', ')}` : '';
}

function resourceOf({ authz }: AnyOperation): string {
  return typeof authz === 'object' ? code(authz.resource) : 'none';
}

function conditionsOf({ authz }: AnyOperation): string {
  return typeof authz === 'object' ? (authz.conditions ?? []).map(code).join(', ') : '';
}

function awsOf({ aws, name }: AnyOperation): string {
  if (aws === undefined) return '';
  return code(aws.protocol === 'json-1.1' ? aws.target : `Action=${name}, ${aws.version}`);
}
