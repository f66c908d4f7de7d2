// SPDX-License-Identifier: Apache-2.0
/*
 * What a register read costs: in batches, one by one, and in a plain loop in the kernel (a BARWATCH_BENCH build).
 *
 *	read_cost ADDRESS: reads the first registers of BAR 0 of an edu function, and prints JSON, in nanoseconds
 *	per register: the median of many rounds of each, taken in turns.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "barwatch_ioctl.h"

#define ROUNDS 401

static const unsigned counts[] = { 1, 8, 64, 256 };

struct request {
	struct bw_batch batch;
	struct bw_read items[256];
};

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static void load_policy(int device)
{
	struct {
		struct bw_policy policy;
		struct bw_rule rule;
	} request = {
		{ .size = sizeof(request.policy), .count = 1, .item_size = sizeof(request.rule) },
		{ .match = BW_MATCH_VENDOR | BW_MATCH_DEVICE, .vendor = 0x1234, .device = 0x11e8,
		  .rights = BW_RIGHT_READ, .length = 4096, .widths = 4 },
	};

	if (ioctl(device, BW_IOCTL_POLICY, &request) || request.policy.out_status)
		give_up("POLICY");
}

static void fill(struct request *request, const struct bw_address *address)
{
	memset(request, 0, sizeof(*request));
	for (unsigned number = 0; number < 256; number++) {
		request->items[number].address = *address;
		request->items[number].offset = 4 * (number % 16);
		request->items[number].width = 4;
	}
}

/* Nanoseconds per register of one call with `count` items. */
static double batch_cost(int device, struct request *request, unsigned count)
{
	double began;

	request->batch = (struct bw_batch){ sizeof(request->batch), 0, count, sizeof(request->items[0]) };
	began = now_ns();
	if (ioctl(device, BW_IOCTL_READ, request) || request->items[count - 1].out_status)
		give_up("READ");
	return (now_ns() - began) / count;
}

/* The same registers, one call each. */
static double singles_cost(int device, struct request *request, unsigned count)
{
	double began = now_ns();

	request->batch = (struct bw_batch){ sizeof(request->batch), 0, 1, sizeof(request->items[0]) };
	for (unsigned number = 0; number < count; number++) {
		if (ioctl(device, BW_IOCTL_READ, request))
			give_up("READ");
	}
	return (now_ns() - began) / count;
}

/* A plain loop of the same loads in the kernel. */
static double loop_cost(int device, const struct request *registers, unsigned count)
{
	struct {
		struct bw_bench bench;
		struct bw_read items[64];
	} request = { .bench = { sizeof(request.bench), 0, count, sizeof(request.items[0]), 1, 0, 0 } };

	memcpy(request.items, registers->items, count * sizeof(request.items[0]));
	if (ioctl(device, BW_IOCTL_BENCH, &request) || request.bench.out_status)
		give_up("BENCH");
	return (double)request.bench.out_loop_ns / count;
}

static int in_order(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), in_order);
	return values[ROUNDS / 2];
}

int main(int argc, char **argv)
{
	static double batch[4][ROUNDS], singles[ROUNDS], loop[ROUNDS], inside[ROUNDS];
	static struct request request;
	unsigned domain, bus, slot, function;
	struct bw_address address;
	int device = open("/dev/barwatch", O_RDWR);

	if (device < 0 || argc != 2 || sscanf(argv[1], "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
		give_up("read_cost ADDRESS, as root");
	address = (struct bw_address){ domain, bus, slot, function, 0 };
	load_policy(device);
	fill(&request, &address);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned c = 0; c < 4; c++)
			batch[c][round] = batch_cost(device, &request, counts[c]);
		for (unsigned number = 0; number < 256; number++)
			inside[round] += request.items[number].out_duration_ns / 256.0;
		singles[round] = singles_cost(device, &request, 64);
		loop[round] = loop_cost(device, &request, 64);
	}
	printf("{\"batch_1\": %.0f, \"batch_8\": %.0f, \"batch_64\": %.0f, \"batch_256\": %.0f, ", median(batch[0]),
	       median(batch[1]), median(batch[2]), median(batch[3]));
	printf("\"one_call_each\": %.0f, \"plain_loop\": %.0f, \"said_by_driver\": %.0f}\n", median(singles),
	       median(loop), median(inside));
	return 0;
}
