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
import { forgeReader } from '@gatehouse/promotion';
import type { Transaction } from '@gatehouse/tasks';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { IdentitiesRepository } from './identity.repository.js';
import type { Actor } from './webhook/payload.js';
import type { Place } from './plan.js';

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
    return `github.${login.toLowerCase()}`;
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

  /** Throws `identity.exists`. */
  async link(
    change: Change,
    { id, name, kind }: Principal,
    { login, userId }: Pick<LinkIdentity, 'login' | 'userId'>,
    actor: string,
  ): Promise<ForgeIdentity> {
    if (kind === 'agent' || kind === 'worker')
      throw new GatehouseError('request.invalid', `${name} is of kind ${kind}: no account stands for that.`);
    const { identity, fresh } = await this.rows.link(change.manager, {
      login,
      userId: userId ?? null,
      principalId: id,
    });
    if (!fresh) return identity;
    change.record({
      streamId: installationStream,
      type: 'identity.linked',
      actor,
      payload: { principalId: id, name, forge: 'github', login, userId: identity.userId },
    });
    return identity;
  }
}
