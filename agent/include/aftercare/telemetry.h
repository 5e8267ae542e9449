/* The telemetry kit of an Aftercare agent, C interface (C99 and later, C++). Optional.
 *
 * The appliance gives raw signals; the kit makes the records: readings each reading window, faults
 * debounced, counted and folded in storms with a snapshot of metrics beside them, faults from
 * thresholds, usage from cycles, and a heartbeat when nothing else was told. Its settings are those
 * given here, overridden by what the collector sends; those survive reboots.
 *
 * The agent drives the kit: call aftercare_poll as agent.h says; with aftercare_start nothing is to
 * be called. Threads: as the agent's handle. Settings of the collector that arrive before the kit
 * are refused as unsupported: open it right after the agent, and with aftercare_start give its
 * options there. */
#ifndef AFTERCARE_TELEMETRY_H
#define AFTERCARE_TELEMETRY_H

#include <aftercare/agent.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct aftercare_telemetry aftercare_telemetry;

/* A code without a rule: not debounced, at most 10 records an hour. */
typedef struct {
    uint32_t code;           /* not 0; each code once */
    uint32_t raise_after_ms; /* the condition must hold so long, at most a day */
    uint32_t clear_after_ms; /* and be gone so long */
    uint32_t storm_limit;    /* 1-10,000 records in storm_window_s, more are folded into one */
    uint32_t storm_window_s; /* 1 second to 30 days */
} aftercare_fault_rule;

/* Raises `code` above `high`, clears it below `low`; with `below` raises below `low`, clears above
 * `high`. Do not give such a code to aftercare_condition as well. */
typedef struct {
    uint32_t metric_id; /* not 0 */
    uint32_t code;      /* not 0; each code once */
    float high, low;    /* finite, low <= high */
    bool below;
} aftercare_threshold;

/* A member left 0 takes the default in brackets. Everything is copied. */
typedef struct aftercare_telemetry_options {
    size_t size;                     /* sizeof this struct */
    uint32_t metrics_max;            /* metrics known at a time, 1-1,024 [16] */
    uint32_t codes_max;              /* fault codes watched at a time, 1-1,024 [16] */
    uint32_t heartbeat_s;            /* 60 seconds to 30 days [none] */
    const uint32_t* reading_metrics; /* at most 16 [all] */
    size_t reading_metric_count;
    const uint32_t* snapshot_metrics; /* at most 8 [none] */
    size_t snapshot_metric_count;
    const aftercare_fault_rule* fault_rules; /* at most 16 */
    size_t fault_rule_count;
    const aftercare_threshold* thresholds; /* at most 16 */
    size_t threshold_count;
} aftercare_telemetry_options;

#define AFTERCARE_TELEMETRY_OPTIONS_INIT \
    { sizeof(aftercare_telemetry_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Bytes that aftercare_telemetry_open wants; 0 when the options are invalid. */
AFTERCARE_API size_t aftercare_telemetry_memory_bytes(const aftercare_telemetry_options* options);
/* The same as a constant, never less; the arguments must not be 0 here. */
#define AFTERCARE_TELEMETRY_BYTES(metrics, codes) (2496u + 32u * (metrics) + 40u * (codes))

/* The kit lives inside `memory`, aligned like max_align_t. One at a time for an agent. Lifetime:
 * agent and memory outlive it. Errors: INVALID, EXHAUSTED (memory too small). */
AFTERCARE_API aftercare_result aftercare_telemetry_open(aftercare_agent* agent,
                                                        const aftercare_telemetry_options* options,
                                                        void* memory, size_t memory_size,
                                                        aftercare_telemetry** kit);
/* Before the agent is closed. aftercare_flush before it tells the window that is open. */
AFTERCARE_API void aftercare_telemetry_close(aftercare_telemetry* kit);

/* One measured value. Errors: INVALID (not finite), EXHAUSTED (no room for another metric). */
AFTERCARE_API aftercare_result aftercare_sample(aftercare_telemetry* kit, uint32_t metric_id,
                                                float value);
/* Whether the condition behind a fault code holds now; on change or as often as you like. Errors:
 * EXHAUSTED (no room for another code). */
AFTERCARE_API aftercare_result aftercare_condition(aftercare_telemetry* kit, uint32_t code,
                                                   bool holds);
/* An event without duration. Errors: as aftercare_condition. */
AFTERCARE_API aftercare_result aftercare_occurred(aftercare_telemetry* kit, uint32_t code);
/* The raw value of a counter of `bits` bits (1-64). The first one after a boot is its total since
 * manufacture, for the kit keeps none over a reboot; later, less than before is a wrap when it was
 * in the last quarter of its range and is in the first one, else a restart from 0. Errors: INVALID,
 * EXHAUSTED (a 17th counter). */
AFTERCARE_API aftercare_result aftercare_count(aftercare_telemetry* kit, uint32_t counter_id,
                                               uint64_t raw, uint32_t bits);
/* For counters that wrap, or begin anew with each boot: keep the total beside your own settings
 * when the appliance is switched off (at a cycle's end, for example) and give it back after the
 * boot, with the raw value that belongs to it (0 when it begins anew), before the first
 * aftercare_count. Errors: CONFLICT (counted since the boot), EXHAUSTED. */
AFTERCARE_API aftercare_result aftercare_count_from(aftercare_telemetry* kit, uint32_t counter_id,
                                                    uint64_t total, uint64_t raw);
/* Errors: INVALID (not counted since the boot). */
AFTERCARE_API aftercare_result aftercare_counter_total(const aftercare_telemetry* kit,
                                                       uint32_t counter_id, uint64_t* total);
/* Errors: CONFLICT (a cycle runs already). */
AFTERCARE_API aftercare_result aftercare_cycle_begin(aftercare_telemetry* kit,
                                                     uint32_t programme_id);
/* Makes the usage record, with all counters; 0 = not known. Errors: CONFLICT (no cycle runs), else
 * those of aftercare_usage_record; the cycle is over in any case. `accepted` may be null. */
AFTERCARE_API aftercare_result aftercare_cycle_end(aftercare_telemetry* kit, bool completed,
                                                   uint32_t energy_wh, uint32_t water_ml,
                                                   aftercare_accepted* accepted);

#ifdef __cplusplus
}
#endif
#endif
