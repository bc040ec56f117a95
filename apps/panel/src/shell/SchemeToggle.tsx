import { ActionIcon, Tooltip, useMantineColorScheme } from '@mantine/core';
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';

const next = { auto: 'light', light: 'dark', dark: 'auto' } as const;
const icons = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon } as const;
const words = { auto: 'as the system', light: 'light', dark: 'dark' } as const;

export const SchemeToggle = () => {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Shape = icons[colorScheme];
  const label = `Colours: ${words[colorScheme]}. Change to ${words[next[colorScheme]]}`;
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={() => setColorScheme(next[colorScheme])}>
        <Shape size={16} stroke={1.7} />
      </ActionIcon>
    </Tooltip>
  );
};
