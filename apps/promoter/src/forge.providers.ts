import type { ForgeWriter } from '@gatehouse/forge';
import { createForgeWriter, TokenDoor } from '@gatehouse/forge/writer';
import { forgeWriter } from '@gatehouse/promotion';
import { forgeReader, forgeTokens, PlaneSettings } from '@gatehouse/session';
import type { FactoryProvider } from '@nestjs/common';

const writer = { token: forgeWriter, optional: true };

/** What the promoter has of the forge, and nobody else: it writes, and makes the tokens with which others read (I3). */
export const writingForge: readonly FactoryProvider[] = [
  {
    provide: forgeWriter,
    inject: [PlaneSettings],
    useFactory: ({ forge }: PlaneSettings) => (forge === null ? undefined : createForgeWriter(forge)),
  },
  {
    provide: forgeReader,
    inject: [writer],
    useFactory: (forge: ForgeWriter | undefined) => forge?.reader,
  },
  { provide: forgeTokens, inject: [writer], useFactory: (forge: ForgeWriter | undefined) => forge },
];

/** Opens the door at which engine and api ask for tokens; undefined where no forge is connected. */
export const openTokenDoor = async (
  plane: PlaneSettings,
  tokens: ForgeWriter | undefined,
  onError: (error: unknown) => void,
): Promise<TokenDoor | undefined> => {
  if (tokens === undefined) return undefined;
  const door = new TokenDoor(tokens, onError);
  // Processes with users of their own have a broker, and a group.
  await door.listen(plane.forgeSocket, { isShared: plane.broker !== undefined });
  return door;
};
