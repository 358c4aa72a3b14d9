/**
 * `parapet lz`: a whole organization from one file. What a file says is checked here, with line and column, before
 * anything is sent; what is there is compared by the service, which also does the plan step by step.
 */
import type { Command } from 'commander';
import type { Terminal } from '../../terminal.ts';
import { addApplyCommands } from './apply.ts';
import { addDriftCommand } from './drift.ts';
import { addExportCommands } from './export.ts';
import { addGraphCommand } from './graph.ts';
import { addInitCommand } from './init.ts';
import { addPlanCommand } from './plan.ts';
import { addSchemaCommand } from './schema.ts';
import { addValidateCommand } from './validate.ts';

export function addLandingZoneCommands(program: Command, terminal: Terminal): void {
  const lz = program
    .command('lz')
    .helpCommand(false)
    .description('Landing zone: plan and apply an organization from one file.');
  addInitCommand(lz, terminal);
  addValidateCommand(lz, terminal);
  addGraphCommand(lz, terminal);
  addSchemaCommand(lz, terminal);
  addPlanCommand(lz, terminal);
  addApplyCommands(lz, terminal);
  addDriftCommand(lz, terminal);
  addExportCommands(lz, terminal);
}
