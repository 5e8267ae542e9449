/* A boiler without an operating system. Under FreeRTOS the same two calls make a task:
 *
 *   static void agent_task(void* unused) {
 *       if (!appliance_start()) vTaskDelete(NULL);
 *       for (;;) vTaskDelay(pdMS_TO_TICKS(appliance_step()));
 *   }
 */
#ifndef APPLIANCE_H
#define APPLIANCE_H

#include <aftercare/agent.h>

/* False when the flash cannot be used. */
bool appliance_start(void);
/* One turn of the loop; gives the milliseconds until the next one, at most a second. */
uint32_t appliance_step(void);
/* For whoever watches. */
aftercare_state appliance_state(void);

#endif
