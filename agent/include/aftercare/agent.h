/* Aftercare agent, C interface (C99 and later, C++).
 *
 * The agent keeps what an appliance tells (faults, readings, usage, lifecycle, self-tests) in a
 * spool on its storage until the collector has stored it, and sends it in order over MQTT.
 *
 * Two ways to run it:
 *   aftercare_open   on any device: you give memory and ports, and call aftercare_poll() from your
 * loop. No heap, no threads, no globals; several agents may live in one process. aftercare_start on
 * Linux: file spool, system clock, MQTT library and a thread of its own.
 *
 * Threads: a handle of aftercare_open belongs to one thread (or your lock around it). A handle of
 * aftercare_start may be used from any thread; handlers are then called from the agent's thread and
 * must not call back into the agent; so it is with ports given to it. No function may be called
 * from an interrupt but aftercare_ring_fault.
 *
 * Strings are UTF-8 or ASCII, ended by a zero byte, and copied where kept. Every options struct
 * begins with its own size: initialise them with the ..._INIT macros. A library of a later version
 * takes the members that your header did not have yet as 0; one of an earlier version refuses what
 * it does not know with AFTERCARE_NEWER. */
#ifndef AFTERCARE_AGENT_H
#define AFTERCARE_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define AFTERCARE_API __attribute__((visibility("default")))
#else
#define AFTERCARE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct aftercare_agent aftercare_agent;

/* What a call returns. Negative values are errors and say what to do about it. */
typedef enum {
    AFTERCARE_OK = 0,
    AFTERCARE_INVALID = -1,     /* an argument or option is wrong: correct the call */
    AFTERCARE_EXHAUSTED = -2,   /* a bound is reached: the spool is full of records as valuable */
    AFTERCARE_UNAVAILABLE = -3, /* storage failed: the record is not kept, try again later */
    AFTERCARE_DENIED = -4,      /* no consent for this purpose: no record was made */
    AFTERCARE_CONFLICT = -5,    /* already done differently: file in use, older consent epoch */
    AFTERCARE_NEWER = -6        /* a struct is of a later header than the library: update that */
} aftercare_result;

/* A short English text for a result; never null. */
AFTERCARE_API const char* aftercare_result_text(aftercare_result result);
/* "0.1.0" */
AFTERCARE_API const char* aftercare_version(void);

/* ---- Options ----------------------------------------------------------------------------------
 */

/* Consent purposes, a bit set. */
enum {
    AFTERCARE_SAFETY = 1u,      /* faults */
    AFTERCARE_DIAGNOSTICS = 2u, /* readings, self-tests */
    AFTERCARE_USAGE = 4u,       /* usage */
    AFTERCARE_CONTACT = 8u,     /* the collector may use the data to contact the customer */
    AFTERCARE_ALL_PURPOSES = 15u
};

typedef enum {
    AFTERCARE_RESET_POWER_ON = 1,
    AFTERCARE_RESET_BROWN_OUT = 2,
    AFTERCARE_RESET_WATCHDOG = 3,
    AFTERCARE_RESET_SOFTWARE = 4,
    AFTERCARE_RESET_UPDATE = 5
} aftercare_reset_reason;

/* A member left 0 takes the default in brackets. */
typedef struct {
    size_t size;                         /* sizeof this struct */
    const char* tenant;                  /* 1-64 characters out of A-Z a-z 0-9 _ - */
    const char* device_id;               /* as tenant; unique in the tenant, for ever */
    const char* model;                   /* at most 32 bytes */
    const char* firmware;                /* at most 32 bytes; a change makes a record */
    aftercare_reset_reason reset_reason; /* [power on] */
    uint32_t records_per_report;         /* 1-256 [20] */
    uint32_t flush_delay_ms;             /* oldest unsent record waits at most this [60,000] */
    uint32_t spool_sync_period_ms;       /* usage and readings reach storage this often [300,000] */
    uint32_t reports_in_flight_max;      /* per lane, 1-8 [4] */
    uint32_t ack_timeout_ms;             /* [20,000] */
    uint32_t backoff_base_ms;            /* [1,000] */
    uint32_t backoff_cap_ms;             /* [300,000] */
    uint32_t consent_epoch;       /* of consent_purposes; a higher one kept in the spool wins */
    uint32_t consent_purposes;    /* bit set; used as it is: 0 = nothing may be collected */
    uint32_t report_bytes_max;    /* buffer for one report [4,096] */
    uint32_t spool_sectors_max;   /* RAM is set aside for so many sectors [64] */
    uint32_t fault_codes_max;     /* codes whose middle occurrences may be evicted [32] */
    uint32_t reconnect_spread_ms; /* a lost link is tried again after up to this [5,000] */
    uint32_t bytes_per_day_max;   /* metered links: bulk waits beyond it [unlimited] */
    uint32_t boot_spread_ms;      /* the first attempt after boot waits up to this [10,000] */
} aftercare_options;

#define AFTERCARE_OPTIONS_INIT                                                                   \
    {                                                                                            \
        sizeof(aftercare_options), 0, 0, 0, 0, AFTERCARE_RESET_POWER_ON, 0, 0, 0, 0, 0, 0, 0, 0, \
            AFTERCARE_ALL_PURPOSES, 0, 0, 0, 0, 0, 0                                             \
    }

/* ---- Ports: what a device must supply ----------------------------------------------------------
 */

typedef enum {
    AFTERCARE_CLOCK_UNKNOWN = 0,
    AFTERCARE_CLOCK_SET_BY_USER = 1,
    AFTERCARE_CLOCK_SYNCED = 2
} aftercare_clock_quality;

/* Each function gets `context` back. None may call the agent, none but storage may block. */
typedef struct {
    size_t size; /* sizeof this struct */
    void* context;
    /* Milliseconds since this boot; never goes back. Extend a 32-bit counter before it wraps. */
    uint64_t (*uptime_ms)(void* context);
    /* Milliseconds since 1970 UTC in *unix_ms, and how far to trust them. */
    aftercare_clock_quality (*wall)(void* context, int64_t* unix_ms);
    /* Cryptographic quality is not needed, but two devices must not draw alike. */
    uint64_t (*random64)(void* context);

    /* Storage in equal sectors of at least 512 bytes, a multiple of 8; at least 4 of them. An
     * erased byte reads 0xFF; a byte is programmed once between erases, in runs that begin at
     * multiples of 8. False on an I/O error. */
    uint32_t sector_bytes;
    uint32_t sector_count;
    bool (*storage_read)(void* context, uint32_t sector, uint32_t offset, void* into, size_t size);
    bool (*storage_program)(void* context, uint32_t sector, uint32_t offset, const void* bytes,
                            size_t size);
    bool (*storage_erase)(void* context, uint32_t sector);
    /* True once everything programmed survives a power cut. */
    bool (*storage_sync)(void* context);

    /* Begins to connect with MQTT, QoS 1, this retained will; answer later with
     * aftercare_on_connected (once the device's down topic is subscribed) or
     * aftercare_on_disconnected. */
    void (*connect)(void* context, const char* will_topic, const void* will, size_t will_size);
    void (*disconnect)(void* context);
    /* Hands one message over, QoS 1. False: not now, the agent tries again. */
    bool (*publish)(void* context, const char* topic, const void* payload, size_t size,
                    bool retain);

    /* May be null. level: 0 debug, 1 info, 2 warning, 3 error. */
    void (*log)(void* context, int level, const char* message);
    /* Drives time-outs, back-off, flush delays and aftercare_next_poll_ms; never goes back. May be
     * null: then it is uptime_ms. Give one that counts on in sleep where the uptime stands still,
     * or the other way round. */
    uint64_t (*link_ms)(void* context);
} aftercare_ports;

/* What the collector asks of the appliance. Members may be null. */
typedef struct {
    size_t size; /* sizeof this struct */
    void* context;
    /* Show or speak it: key and language choose the text, article the self-help page. */
    void (*notice)(void* context, uint64_t notice_id, const char* message_key, const char* language,
                   const char* article, int64_t expires_unix_ms);
    /* Run the test and answer with aftercare_self_test. */
    void (*self_test)(void* context, uint64_t request_id, uint32_t test_id);
    /* Answer with aftercare_consent. */
    void (*consent_query)(void* context, uint64_t request_id);
} aftercare_handlers;

/* ---- Life --------------------------------------------------------------------------------------
 */

/* Bytes of memory that aftercare_open wants for these options; 0 when they are invalid. */
AFTERCARE_API size_t aftercare_memory_bytes(const aftercare_options* options);
/* The same as a constant, never less, for memory set aside at compile time. The arguments are the
 * options report_bytes_max, spool_sectors_max and fault_codes_max; they must not be 0 here. */
#define AFTERCARE_MEMORY_BYTES(report_bytes, spool_sectors, fault_codes)            \
    ((sizeof(void*) > 4 ? 3904u : 3552u) + (report_bytes) + 42u * (spool_sectors) + \
     12u * (fault_codes))

/* Recovers the spool, or formats a blank one, and begins the next boot. The agent lives inside
 * `memory`, aligned like max_align_t; nothing else is allocated. `handlers` may be null. Lifetime:
 * memory and what the ports point to must outlive the agent. Errors: INVALID, EXHAUSTED (memory too
 * small), UNAVAILABLE (storage). */
AFTERCARE_API aftercare_result aftercare_open(const aftercare_options* options,
                                              const aftercare_ports* ports,
                                              const aftercare_handlers* handlers, void* memory,
                                              size_t memory_size, aftercare_agent** agent);

/* Ends the agent at once, as a power cut would; call aftercare_flush before for a clean end. */
AFTERCARE_API void aftercare_close(aftercare_agent* agent);

/* Does what is due. Call after every other call and at the latest at aftercare_next_poll_ms. */
AFTERCARE_API void aftercare_poll(aftercare_agent* agent);
/* Time of link_ms (by default the uptime) at which the next thing is due; UINT64_MAX when only an
 * event can bring one. */
AFTERCARE_API uint64_t aftercare_next_poll_ms(const aftercare_agent* agent);

AFTERCARE_API void aftercare_on_connected(aftercare_agent* agent);
AFTERCARE_API void aftercare_on_disconnected(aftercare_agent* agent);
/* The network came up (address, route, registration): while offline the next attempt is made within
 * reconnect_spread_ms instead of after the back-off. An agent of aftercare_start hears of it from
 * the kernel by itself. */
AFTERCARE_API void aftercare_network_up(aftercare_agent* agent);
/* One payload of the down topic. Malformed ones are counted and ignored. */
AFTERCARE_API void aftercare_on_downlink(aftercare_agent* agent, const void* payload, size_t size);

/* Everything held reaches storage and, when connected, the transport. Before sleep and shutdown. */
AFTERCARE_API void aftercare_flush(aftercare_agent* agent);

/* ---- Records -----------------------------------------------------------------------------------
 */

typedef struct {
    bool urgent;  /* which lane */
    uint64_t seq; /* identifies the record within stream and lane */
    bool durable; /* on stable storage already */
} aftercare_accepted;

typedef struct {
    uint32_t metric_id;
    float value;
} aftercare_value;

typedef enum {
    AFTERCARE_FAULT_RAISED = 1,
    AFTERCARE_FAULT_CLEARED = 2,
    AFTERCARE_FAULT_OCCURRED = 3
} aftercare_fault_state;

/* All return OK or INVALID (not finite, too many values), EXHAUSTED, UNAVAILABLE, DENIED.
 * `accepted` may be null. A fault is on stable storage when the call returns with durable = true.
 */

/* `snapshot`: readings at that moment, at most 8. */
AFTERCARE_API aftercare_result aftercare_fault(aftercare_agent* agent, uint32_t code,
                                               aftercare_fault_state state,
                                               const aftercare_value* snapshot,
                                               size_t snapshot_count, aftercare_accepted* accepted);

typedef struct {
    uint32_t metric_id;
    uint32_t n; /* samples, at least 1 */
    float mean, min, max, last;
    float deviation; /* sample standard deviation, 0 when n < 2 */
} aftercare_summary;

/* A window of `window_ms` that ends now; 1-16 metrics. */
AFTERCARE_API aftercare_result aftercare_reading(aftercare_agent* agent, uint32_t window_ms,
                                                 const aftercare_summary* metrics,
                                                 size_t metric_count, aftercare_accepted* accepted);

typedef struct {
    uint32_t counter_id;
    uint64_t value; /* absolute, since manufacture */
} aftercare_counter;

typedef struct {
    size_t size; /* sizeof this struct */
    uint32_t programme_id;
    uint32_t duration_s;
    uint32_t energy_wh;
    uint32_t water_ml;
    bool completed;
    const aftercare_counter* counters; /* at most 16 */
    size_t counter_count;
} aftercare_usage;

#define AFTERCARE_USAGE_INIT \
    { sizeof(aftercare_usage), 0, 0, 0, 0, true, 0, 0 }

/* One cycle of the appliance, or a window of use. */
AFTERCARE_API aftercare_result aftercare_usage_record(aftercare_agent* agent,
                                                      const aftercare_usage* usage,
                                                      aftercare_accepted* accepted);

AFTERCARE_API aftercare_result aftercare_part_replaced(aftercare_agent* agent,
                                                       uint32_t component_id,
                                                       aftercare_accepted* accepted);

typedef enum {
    AFTERCARE_TEST_PASSED = 1,
    AFTERCARE_TEST_FAILED = 2,
    AFTERCARE_TEST_ABORTED = 3,
    AFTERCARE_TEST_UNSUPPORTED = 4
} aftercare_test_result;

/* `request_id`: of the request it answers, 0 when nobody asked. At most 8 measured values. */
AFTERCARE_API aftercare_result aftercare_self_test(
    aftercare_agent* agent, uint32_t test_id, uint64_t request_id, aftercare_test_result result,
    const aftercare_value* measured, size_t measured_count, aftercare_accepted* accepted);

/* Says in a record of the urgent lane that so many events were lost before they became records. */
AFTERCARE_API aftercare_result aftercare_lost(aftercare_agent* agent, uint32_t count);

/* ---- Ring: faults from an interrupt or another thread ------------------------------------------
 */

typedef struct {
    uint32_t code;
    uint32_t state;
} aftercare_ring_slot;

/* In memory of yours, set aside at compile time: one producer, one consumer, no lock.
 *     static aftercare_ring_slot slots[16];
 *     static aftercare_ring ring = AFTERCARE_RING_INIT(slots, 16);
 * The members are not for you, but for `dropped`: calls that found the ring full, ever. */
typedef struct {
    aftercare_ring_slot* slots;
    uint32_t slot_count; /* a power of two */
    uint32_t head, tail, dropped, told;
} aftercare_ring;

#define AFTERCARE_RING_INIT(slots, slot_count) \
    { slots, slot_count, 0, 0, 0, 0 }

/* Puts a fault into the ring; from one interrupt level or one thread, and the only function that an
 * interrupt may call. False when the ring is full: the fault is lost and counted. */
AFTERCARE_API bool aftercare_ring_fault(aftercare_ring* ring, uint32_t code,
                                        aftercare_fault_state state);
/* Makes records of what lies in the ring, with the uptime of now, and of what it lost one record
 * with their number. Call it in your loop before aftercare_poll, or in any thread of an agent of
 * aftercare_start. Gives the first error; after UNAVAILABLE the rest stays in the ring. */
AFTERCARE_API aftercare_result aftercare_take(aftercare_agent* agent, aftercare_ring* ring);

/* A new state of consent. Withdrawn purposes erase their unsent records, durably, before it
 * returns. Errors: CONFLICT (older epoch), UNAVAILABLE. */
AFTERCARE_API aftercare_result aftercare_consent(aftercare_agent* agent, uint32_t epoch,
                                                 uint32_t purposes);

/* ---- State -------------------------------------------------------------------------------------
 */

typedef struct {
    size_t size; /* sizeof this struct, set by the caller */
    uint64_t stream_id;
    uint32_t boot;
    bool connected;
    uint32_t urgent_held, bulk_held;   /* records not acknowledged yet */
    uint64_t urgent_acked, bulk_acked; /* through these the collector has stored everything */
    uint32_t dropped_fault, dropped_lifecycle, dropped_usage,
        dropped_reading; /* ever, in this stream */
    uint32_t corrupt_frames;
    uint32_t spool_used_bytes, spool_size_bytes;
    uint64_t reports_sent, reports_resent;
    uint64_t storage_errors;
    uint32_t config_version;   /* applied; 0 = none yet */
    uint32_t reading_window_s; /* in force: make readings this often */
    uint32_t consent_epoch, consent_purposes;
} aftercare_state;

/* Fills the members that fit into `size`. Errors: INVALID (size not set), NEWER. */
AFTERCARE_API aftercare_result aftercare_get_state(const aftercare_agent* agent,
                                                   aftercare_state* state);

/* ---- Linux -------------------------------------------------------------------------------------
 */

struct aftercare_telemetry; /* both in telemetry.h */
struct aftercare_telemetry_options;

typedef struct {
    size_t size;            /* sizeof this struct */
    const char* spool_path; /* file, made when missing, locked while in use */
    uint32_t spool_kib;     /* a multiple of 4, at least 16 [256] */
    const char* broker_url; /* mqtt://host:port, mqtts://host:port, or null: only spool */
    const char* username;   /* may be null */
    const char* password;   /* may be null; not kept in argv, environment or log */
    const char* ca_file;    /* mqtts: trusted certificates [the system's] */
    const char* cert_file;  /* mutual TLS, may be null */
    const char* key_file;
    uint32_t keepalive_s; /* [60] */
    /* May be null. Called from the agent's thread. */
    void (*log)(void* context, int level, const char* message);
    void* log_context;
    /* May be null. What is set in it takes the place of what Linux would do; members left null
     * stay Linux's. In groups, each whole or not at all: storage_* with the sector sizes (then no
     * spool_path), connect + disconnect + publish (then no broker_url), uptime_ms + wall (and
     * link_ms), random64. Called from the agent's thread and from threads that call the agent, one
     * at a time, with the agent locked: they must not call it. Your MQTT client's own threads may:
     * aftercare_on_connected and the like. Copied; what it points to must outlive the agent. */
    const aftercare_ports* ports;
    /* May be null. A telemetry kit (telemetry.h) that is there before the agent's thread, so that
     * no settings of the collector come too early for it; its handle goes to *telemetry_kit, which
     * must not be null then. It ends with aftercare_stop, if not closed before. */
    const struct aftercare_telemetry_options* telemetry;
    struct aftercare_telemetry** telemetry_kit;
} aftercare_linux_options;

#define AFTERCARE_LINUX_OPTIONS_INIT \
    { sizeof(aftercare_linux_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Opens the spool and starts the agent's thread. Only in the Linux library, not in the core.
 * Errors: INVALID, CONFLICT (spool in use), UNAVAILABLE. The log says which file and why. */
AFTERCARE_API aftercare_result aftercare_start(const aftercare_options* options,
                                               const aftercare_linux_options* linux_options,
                                               const aftercare_handlers* handlers,
                                               aftercare_agent** agent);
/* Brings everything to storage, sends what it can, waits at most `timeout_ms` for acknowledgements
 * and 2 s for the goodbye to the broker, ends the thread, frees the handle. What is not
 * acknowledged stays in the spool and is sent after the next start. */
AFTERCARE_API void aftercare_stop(aftercare_agent* agent, uint32_t timeout_ms);

#ifdef __cplusplus
}
#endif
#endif
