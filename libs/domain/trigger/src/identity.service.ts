import {
  GatehouseError,
  installationStream,
  Name,
  type ForgeIdentity,
  type LinkIdentity,
  type Principal,
} from '@gatehouse/contracts';
import { permits, type ForgePermission, type ForgeReader } from '@gatehouse/forge';
import type { Change } from '@gatehouse/ledger';
import { AccessService } from '@gatehouse/policy';
import { forgeReader } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { IdentitiesRepository } from './identity.repository.js';
import type { Actor } from './webhook/payload.js';
import type { Place } from './plan.js';

/** How the names of principals begin that are made of accounts. */
const adopted = 'github.';

/** Who an account of the forge is here, and what it may do there now. */
@Injectable()
export class IdentityService {
  constructor(
    readonly rows: IdentitiesRepository,
    private readonly access: AccessService,
    @Optional() @Inject(forgeReader) private readonly forge: ForgeReader | undefined,
  ) {}

  get isConnected(): boolean {
    return this.forge !== undefined;
  }

  /** What is read at the forge. Throws `forge.unauthorized` where none is connected. */
  get reader(): ForgeReader {
    if (this.forge !== undefined) return this.forge;
    throw new GatehouseError(
      'forge.unauthorized',
      'No forge is connected, so nobody can be asked who may do what. See gatehouse doctor.',
    );
  }

  /** Asked of the forge now, never believed of a message. */
  async may({ repo }: Place, { login, type }: Actor, needed: ForgePermission): Promise<boolean> {
    // Throws where the repository is not to be seen: that says nothing of who asks.
    return type === 'User' && permits(await this.reader.permissionOf(repo, login), needed);
  }

  /** The principal that an account stands for; undefined where it stands for none, or that one is disabled. */
  async principalOf({ id, login }: Actor, manager?: Transaction): Promise<Principal | undefined> {
    const identity = await this.rows.find(String(id), login, manager);
    if (identity === undefined) return undefined;
    const principal = await this.access.principal(identity.principalId, manager);
    return principal.disabled ? undefined : principal;
  }

  /** True where the account was linked, whatever became of its principal. */
  async isKnown({ id, login }: Actor): Promise<boolean> {
    return (await this.rows.find(String(id), login)) !== undefined;
  }

  /** Notes which account a linked login is. */
  see(change: Change, { id, login }: Actor): Promise<void> {
    return this.rows.see(change.manager, String(id), login);
  }

  /** Name of the principal that would be made of an account. */
  nameFor({ login }: Actor): string {
    return `${adopted}${login.toLowerCase()}`;
  }

  /** Makes a principal that may request jobs and has no token. Throws `principal.exists`, `request.invalid`. */
  async adopt(change: Change, actor: Actor): Promise<Principal> {
    const name = Name.safeParse(this.nameFor(actor));
    if (!name.success)
      throw new GatehouseError('request.invalid', `No principal can be named after ${actor.login}.`);
    const principal = await this.access.createPrincipal(
      change,
      { name: name.data, kind: 'user', roles: ['requester'] },
      'api',
    );
    await this.link(change, principal, { login: actor.login, userId: String(actor.id) }, 'api');
    return principal;
  }

  /**
   * Lets an account stand for a principal, or for whom that one stands for. The same again changes nothing. An account
   * that was adopted moves, and the principal made of it stands for the other from now on: they are one person (I7).
   * Throws `identity.exists`, `request.invalid`.
   */
  async link(
    change: Change,
    principal: Principal,
    { login, userId }: Pick<LinkIdentity, 'login' | 'userId'>,
    actor: string,
  ): Promise<ForgeIdentity> {
    const { manager } = change;
    await this.rows.lock(manager);
    const to = await this.access.person(principal.id, manager);
    if (to.kind === 'agent' || to.kind === 'worker')
      throw new GatehouseError(
        'request.invalid',
        `${to.name} is of kind ${to.kind}: no account stands for that.`,
      );
    const held = await this.held(manager, login, userId);
    if (held === undefined) {
      const made = await this.rows.insert(manager, { login, userId: userId ?? null, principalId: to.id });
      record(change, to, made, { actor });
      return made;
    }
    if (held.principalId !== to.id) return this.move(change, held, to, actor);
    if (held.userId !== null || userId === undefined) return held;
    await this.rows.see(manager, userId, login);
    const seen = { ...held, userId };
    record(change, to, seen, { actor });
    return seen;
  }

  /** What an account stands for now. */
  private async held(
    manager: Transaction,
    login: string,
    userId: string | undefined,
  ): Promise<ForgeIdentity | undefined> {
    if (userId !== undefined) return this.rows.find(userId, login, manager);
    const [one, ...others] = await this.rows.ofLogin(manager, login);
    if (others.length === 0) return one;
    const numbers = [one, ...others].map((it) => it?.userId).join(', ');
    throw new GatehouseError(
      'identity.exists',
      `Several accounts were seen as ${login}, since logins change hands: ${numbers}. Say which one with its number (--id).`,
    );
  }

  private async move(
    change: Change,
    held: ForgeIdentity,
    to: Principal,
    actor: string,
  ): Promise<ForgeIdentity> {
    const { manager } = change;
    const from = await this.access.principal(held.principalId, manager);
    if (!from.name.startsWith(adopted) || !(await this.access.letStandFor(change, from.id, to)))
      throw new GatehouseError(
        'identity.exists',
        `The account ${held.login} stands for ${from.name} already, a principal of its own, and stays with it. Where ${from.name} and ${to.name} are one person, keep one of the two: gatehouse principal disable NAME.`,
      );
    const moving = await this.rows.ofPrincipal(from.id, manager);
    await this.rows.move(manager, from.id, to.id);
    for (const one of moving) record(change, to, one, { actor, movedFrom: from.id });
    const moved = await this.rows.ofPrincipal(to.id, manager);
    return moved.find(({ login, userId }) => login === held.login && userId === held.userId) ?? held;
  }
}

const record = (
  change: Change,
  { id, name }: Principal,
  { login, userId }: Pick<ForgeIdentity, 'login' | 'userId'>,
  { actor, movedFrom }: { readonly actor: string; readonly movedFrom?: string },
): void =>
  change.record({
    streamId: installationStream,
    type: 'identity.linked',
    actor,
    payload: {
      ...{ principalId: id, name, forge: 'github', login, userId },
      ...(movedFrom !== undefined && { movedFrom }),
    },
  });
