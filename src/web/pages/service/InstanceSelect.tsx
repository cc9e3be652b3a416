// Which of several instances is looked at.
import { Select } from "../../ui/Field.tsx";
import { sameInstance, type InstanceChoice, type InstanceRef } from "./instance-ref.ts";

interface InstanceSelectProps {
  choices: readonly InstanceChoice[];
  instance: InstanceRef;
  onInstance: (instance: InstanceRef) => void;
}

export function InstanceSelect({ choices, instance, onInstance }: InstanceSelectProps) {
  return (
    <Select
      aria-label="Instance"
      quiet
      value={String(choices.findIndex((each) => sameInstance(each, instance)))}
      options={choices.map(({ label }, place) => ({ value: String(place), label }))}
      onChange={(place) => {
        const chosen = choices[Number(place)];
        if (chosen !== undefined) onInstance({ index: chosen.index, server: chosen.server });
      }}
    />
  );
}
