/**
 * The command line `parapet`, built from the table of operations. Guarantees: every public operation has a command;
 * nothing is sent that a local check refuses; credentials are neither printed nor taken from the arguments.
 */
import { Command } from 'commander';
import type { AnyOperation } from '../platform/contract/operation.ts';
import { addAuditDigestCommand } from './commands/audit-digest.ts';
import { addAuditDownloadCommand } from './commands/audit-download.ts';
import { addAuditReconcileCommand } from './commands/audit-reconcile.ts';
import { addAuditTailCommand } from './commands/audit-tail.ts';
import { addAuditVerifyCommand } from './commands/audit-verify.ts';
import { addAuditWatchCommand } from './commands/audit-watch.ts';
import { addBackupCommands } from './commands/backup/index.ts';
import { addCanICommand } from './commands/can-i.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEnvCommand } from './commands/env.ts';
import { addLandingZoneCommands } from './commands/landing-zone/index.ts';
import { addOperationCommand } from './commands/operation.ts';
import { addRenderCommand } from './commands/render.ts';
import { addRunCommand } from './commands/run-program.ts';
import { addSecretCommands } from './commands/secret-get.ts';
import { addWhoamiCommand } from './commands/whoami.ts';
import { addWitnessCommand } from './commands/witness.ts';
import { RELEASE } from './release.ts';
import type { Terminal } from './terminal.ts';

export type OperationAreas = Readonly<Record<string, Readonly<Record<string, AnyOperation>>>>;

const AREA_TEXT: Readonly<Record<string, string>> = {
  iam: 'users, groups, policies, access keys, accounts',
  sts: 'identity and temporary credentials',
  authz: 'authorization decisions and their explanation',
  kms: 'keys, aliases, encryption',
  ccms: 'secrets, their versions and policies',
  pca: 'certificate authorities and what they issue',
  org: 'accounts, units, guardrails, landing zones',
  audit: 'the record of everything',
};

const EXIT_CODES_TEXT = `
Exit codes: 0 done, 1 the command cannot be used like this, 2 refused by the service,
3 not permitted, 4 no server or no trusted server.
Credentials come from the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or PARAPET_TOKEN.`;

export function buildProgram(areas: OperationAreas, terminal: Terminal): Command {
  const program = new Command('parapet')
    .description('Command line of Parapet: who may do what, keys, and the record of everything.')
    .version(RELEASE)
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
    .addHelpText('after', EXIT_CODES_TEXT);
  program.commandsGroup('This machine:');
  addEnvCommand(program, terminal);
  addDoctorCommand(program, terminal);
  addBackupCommands(program, terminal);
  addCompletionCommand(program, terminal);
  program.commandsGroup('Questions:');
  addWhoamiCommand(program, terminal);
  addCanICommand(program, terminal);
  program.commandsGroup('Secrets for programs:');
  addRunCommand(program, terminal);
  addRenderCommand(program, terminal);
  addSecretCommands(program, terminal);
  program.commandsGroup('The organization:');
  addLandingZoneCommands(program, terminal);
  program.commandsGroup('The record:');
  addWitnessCommand(program, terminal);
  program.commandsGroup('Operations:');
  for (const [area, operations] of Object.entries(areas)) {
    const group = program
      .command(area)
      .helpCommand(false)
      .description(AREA_TEXT[area] ?? `operations of ${area}`);
    if (area === 'audit') {
      addAuditVerifyCommand(group, terminal);
      addAuditDownloadCommand(group, terminal);
      addAuditReconcileCommand(group, terminal);
      addAuditDigestCommand(group, terminal);
      addAuditWatchCommand(group, terminal);
      addAuditTailCommand(group, terminal);
    }
    for (const operation of Object.values(operations)) addOperationCommand(group, operation, terminal);
  }
  return program;
}
