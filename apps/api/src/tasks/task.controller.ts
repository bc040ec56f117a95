import { GatehouseError, idOf, type Page, type Task } from '@gatehouse/contracts';
import { Tasks } from '@gatehouse/tasks';
import { Controller } from '@nestjs/common';
import type { In } from '../http/route.table.js';
import { Can, Input, Serves } from '../http/serves.js';

const taskId = idOf('task');

@Controller()
export class TaskController {
  constructor(private readonly tasks: Tasks) {}

  @Serves('tasks.list')
  @Can('tasks:read')
  list(@Input() { query }: In<'tasks.list'>): Promise<Page<Task>> {
    if (query.cursor !== undefined && !taskId.safeParse(query.cursor).success)
      throw new GatehouseError(
        'cursor.invalid',
        'Take the cursor from `next` of the page before, unchanged.',
      );
    return this.tasks.list(query);
  }

  @Serves('tasks.retry')
  @Can('tasks:operate')
  retry(@Input() { params }: In<'tasks.retry'>): Promise<Task> {
    return this.tasks.retryDead(params.id);
  }
}
