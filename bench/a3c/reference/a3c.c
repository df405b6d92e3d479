// What this machine can do: A3C on CartPole-v1 in plain C, as fast as a careful person would write it,
// without threads, locks, allocation, files or a choice of anything. covey is measured beside it.
//
// One environment, a shared trunk 4-128-128 of ReLU with two logits and a value, segments of T = 20
// steps, advantages by GAE, mean loss, gradient clipped to norm 0.5, Adam with its rate annealed to 0:
// the settings of covey's rows with one environment, to the bit of neither.
//
//	cc -O3 -march=native -fno-math-errno -fno-trapping-math a3c.c -o a3c -lm
//	a3c act|recompute|keep|check [-seed N] [-steps N] [-rate R] [-scale S] [-until-solved]
//
// act        only acts: batch-1 forward pass, sampling, the environment
// recompute  trains; an update runs its 20 rows forward again
// keep       trains on the activations kept from acting, which are still true when the update comes
// check      compares the gradient with finite differences
//
// It prints one line of JSON. COVEY_BENCH_START, nanoseconds of the epoch, is when the process was started.
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// ---------- vectors: 16 lanes where -march has AVX-512, 8 otherwise

#if defined(__AVX512F__)
enum { LANES = 16, WIDE = 4 }; // a tile is ROWS × WIDE vectors: as many sums as there are registers for
#elif defined(__AVX2__) && defined(__FMA__)
enum { LANES = 8, WIDE = 2 };
#else
#error "this reference wants AVX2 and FMA, or AVX-512"
#endif
enum { ROWS = 4, TILE = WIDE * LANES };

typedef float vec __attribute__((vector_size(4 * LANES), may_alias));
typedef int32_t ivec __attribute__((vector_size(4 * LANES)));

#define INLINE static inline __attribute__((always_inline))
#define AT(p) (*(vec *)(p)) // the vector at p, aligned

INLINE vec relu(vec x) {
#if defined(__AVX512F__)
	return (vec)_mm512_max_ps((__m512)x, _mm512_setzero_ps());
#else
	return (vec)_mm256_max_ps((__m256)x, _mm256_setzero_ps());
#endif
}

// d where the unit y was active, else 0
INLINE vec relu_gradient(vec d, vec y) { return (vec)((ivec)d & (y > 0)); }

INLINE float sum(vec x) {
	float s = 0;
	for (int i = 0; i < LANES; i++) s += x[i];
	return s;
}

// ---------- the network

enum { OBS = 4, H = 128, OUT = 3, T = 20 };

typedef struct {
	float w1[OBS][H], b1[H], w2[H][H], b2[H], w3[OUT][H], b3[OUT]; // w1, w2: [in][out]; w3: [out][in]
	float pad[64 - OUT];                                           // whole vectors for Adam; always 0
} __attribute__((aligned(64))) params;

enum { SIZE = sizeof(params) / sizeof(float), ACTIVE = SIZE - (64 - OUT) };
enum { VALUE = 2 }; // of the outputs; 0 and 1 are the logits

static params theta, gradient, moment1, moment2;

typedef struct { // activations of some rows
	float obs[T][OBS], h1[T][H], h2[T][H], out[T][OUT];
} __attribute__((aligned(64))) activations;

// One row forward. Every sum of the second layer is a chain of its own; TILE·2 columns hide its latency.
static void forward_row(const params *p, const float *obs, float *h1, float *h2, float *out) {
	for (int j = 0; j < H; j += LANES) {
		vec a = AT(p->b1 + j);
		for (int i = 0; i < OBS; i++) a += obs[i] * AT(p->w1[i] + j);
		AT(h1 + j) = relu(a);
	}
	enum { CHAINS = 8, SPAN = CHAINS * LANES };
	for (int j = 0; j < H; j += SPAN) {
		vec a[CHAINS];
		for (int c = 0; c < CHAINS; c++) a[c] = AT(p->b2 + j + c * LANES);
		for (int i = 0; i < H; i++)
			for (int c = 0; c < CHAINS; c++) a[c] += h1[i] * AT(p->w2[i] + j + c * LANES);
		for (int c = 0; c < CHAINS; c++) AT(h2 + j + c * LANES) = relu(a[c]);
	}
	vec s[OUT] = {0};
	for (int j = 0; j < H; j += LANES)
		for (int o = 0; o < OUT; o++) s[o] += AT(h2 + j) * AT(p->w3[o] + j);
	for (int o = 0; o < OUT; o++) out[o] = sum(s[o]) + p->b3[o];
}

// acc[q][c] += Σ_k a[q·row + k·next] · b[k·H + c·LANES …]: the three products of the 128 × 128 layer differ
// in how they walk through a, and in what they do with the sums.
INLINE void tile(vec acc[ROWS][WIDE], int depth, const float *a, int row, int next, const float *b) {
	for (int k = 0; k < depth; k++)
		for (int c = 0; c < WIDE; c++) {
			vec w = AT(b + k * H + c * LANES);
			asm("" : "+v"(w)); // in a register: left alone, gcc loads it anew for each row
			for (int q = 0; q < ROWS; q++) acc[q][c] += a[q * row + k * next] * w;
		}
}

// All T rows forward.
static void forward_rows(const params *p, activations *x) {
	for (int r = 0; r < T; r++)
		for (int j = 0; j < H; j += LANES) {
			vec a = AT(p->b1 + j);
			for (int i = 0; i < OBS; i++) a += x->obs[r][i] * AT(p->w1[i] + j);
			AT(x->h1[r] + j) = relu(a);
		}
	for (int r = 0; r < T; r += ROWS)
		for (int j = 0; j < H; j += TILE) {
			vec acc[ROWS][WIDE];
			for (int q = 0; q < ROWS; q++)
				for (int c = 0; c < WIDE; c++) acc[q][c] = AT(p->b2 + j + c * LANES);
			tile(acc, H, x->h1[r], H, 1, p->w2[0] + j);
			for (int q = 0; q < ROWS; q++)
				for (int c = 0; c < WIDE; c++) AT(x->h2[r + q] + j + c * LANES) = relu(acc[q][c]);
		}
	for (int r = 0; r < T; r++) {
		vec s[OUT] = {0};
		for (int j = 0; j < H; j += LANES)
			for (int o = 0; o < OUT; o++) s[o] += AT(x->h2[r] + j) * AT(p->w3[o] + j);
		for (int o = 0; o < OUT; o++) x->out[r][o] = sum(s[o]) + p->b3[o];
	}
}

// ---------- its gradient

// Interleaves the lanes of two vectors: a0 b0 a1 b1 …; high: from the middle on.
INLINE vec interleave(vec a, vec b, int high) {
	ivec mask;
	for (int i = 0; i < LANES; i++) mask[i] = (i & 1) * LANES + i / 2 + high * LANES / 2;
	return __builtin_shuffle(a, b, mask);
}

// to = fromᵀ, in blocks: interleaving row i with row i + LANES/2, log2(LANES) times, transposes a block.
static void transpose(float to[H][H], const float from[H][H]) {
	for (int i = 0; i < H; i += LANES)
		for (int j = 0; j < H; j += LANES) {
			vec x[LANES], y[LANES];
			for (int q = 0; q < LANES; q++) x[q] = AT(from[i + q] + j);
#pragma GCC unroll 4
			for (int stage = 1; stage < LANES; stage *= 2) {
				for (int q = 0; q < LANES / 2; q++) {
					y[2 * q] = interleave(x[q], x[q + LANES / 2], 0);
					y[2 * q + 1] = interleave(x[q], x[q + LANES / 2], 1);
				}
				memcpy(x, y, sizeof x);
			}
			for (int q = 0; q < LANES; q++) AT(to[j + q] + i) = x[q];
		}
}

// The gradient of a mean loss whose derivative by row r's outputs is dout[r].
static void backward(const params *p, params *g, const activations *x, float dout[T][OUT]) {
	static float w2t[H][H] __attribute__((aligned(64))), d2[T][H] __attribute__((aligned(64))), d1[T][H] __attribute__((aligned(64)));

	// heads: dw3 = doutᵀ·h2, d2 = (dout·w3)·relu'
	for (int j = 0; j < H; j += LANES) {
		vec dw[OUT] = {0}, db = {0};
		for (int r = 0; r < T; r++) {
			vec h = AT(x->h2[r] + j), d = {0};
			for (int o = 0; o < OUT; o++) {
				dw[o] += dout[r][o] * h;
				d += dout[r][o] * AT(p->w3[o] + j);
			}
			AT(d2[r] + j) = d = relu_gradient(d, h);
			db += d;
		}
		for (int o = 0; o < OUT; o++) AT(g->w3[o] + j) = dw[o];
		AT(g->b2 + j) = db;
	}
	for (int o = 0; o < OUT; o++) {
		g->b3[o] = 0;
		for (int r = 0; r < T; r++) g->b3[o] += dout[r][o];
	}
	// dw2 = h1ᵀ·d2
	for (int j = 0; j < H; j += TILE)
		for (int i = 0; i < H; i += ROWS) {
			vec acc[ROWS][WIDE] = {0};
			tile(acc, T, &x->h1[0][i], 1, H, d2[0] + j);
			for (int q = 0; q < ROWS; q++)
				for (int c = 0; c < WIDE; c++) AT(g->w2[i + q] + j + c * LANES) = acc[q][c];
		}
	// d1 = (d2·w2ᵀ)·relu'
	transpose(w2t, p->w2);
	for (int r = 0; r < T; r += ROWS)
		for (int j = 0; j < H; j += TILE) {
			vec acc[ROWS][WIDE] = {0};
			tile(acc, H, d2[r], H, 1, w2t[0] + j);
			for (int q = 0; q < ROWS; q++)
				for (int c = 0; c < WIDE; c++)
					AT(d1[r + q] + j + c * LANES) = relu_gradient(acc[q][c], AT(x->h1[r + q] + j + c * LANES));
		}
	// dw1 = obsᵀ·d1
	for (int j = 0; j < H; j += LANES) {
		vec dw[OBS] = {0}, db = {0};
		for (int r = 0; r < T; r++) {
			vec d = AT(d1[r] + j);
			for (int i = 0; i < OBS; i++) dw[i] += x->obs[r][i] * d;
			db += d;
		}
		for (int i = 0; i < OBS; i++) AT(g->w1[i] + j) = dw[i];
		AT(g->b1 + j) = db;
	}
}

// ---------- the loss and the optimiser

// L = mean over rows of −A log π(a) + ½·½(R − V)², with dL/dlogit_j = A(π_j − [j = a]), dL/dV = −½(R − V).
static void loss_gradient(float dout[T][OUT], const activations *x, const int *action, const float *advantage, const float *target) {
	for (int r = 0; r < T; r++) {
		float p1 = 1 / (1 + expf(x->out[r][0] - x->out[r][1])), p[2] = {1 - p1, p1};
		for (int a = 0; a < 2; a++) dout[r][a] = advantage[r] * (p[a] - (a == action[r])) / T;
		dout[r][VALUE] = -0.5f * (target[r] - x->out[r][VALUE]) / T;
	}
}

// Scales the gradient to at most norm 0.5 and takes one step of Adam (0.9, 0.999, 1e-8) with it.
static void adam(long update, float rate) {
	const vec *gs = (const vec *)&gradient;
	vec *p = (vec *)&theta, *m = (vec *)&moment1, *v = (vec *)&moment2;
	enum { N = SIZE / LANES };
	vec squares[4] = {0};
	for (int i = 0; i + 4 <= N; i += 4)
		for (int c = 0; c < 4; c++) squares[c] += gs[i + c] * gs[i + c];
	float norm = sqrtf(sum(squares[0] + squares[1] + squares[2] + squares[3]));
	float clip = norm > 0.5f ? 0.5f / norm : 1;
	float step = rate / (1 - powf(0.9f, update)), correction = 1 / (1 - powf(0.999f, update));
	for (int i = 0; i < N; i++) {
		vec g = gs[i] * clip;
		m[i] += 0.1f * (g - m[i]);
		v[i] += 0.001f * (g * g - v[i]);
		vec second = v[i] * correction;
#if defined(__AVX512F__)
		vec root = (vec)_mm512_sqrt_ps((__m512)second);
#else
		vec root = (vec)_mm256_sqrt_ps((__m256)second);
#endif
		p[i] -= step * m[i] / (root + 1e-8f);
	}
}

// ---------- chance

static uint64_t chance[2];

static uint64_t random64(void) { // xorshift128+
	uint64_t a = chance[0], b = chance[1];
	chance[0] = b;
	a ^= a << 23;
	chance[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
	return chance[1] + b;
}
static float uniform(void) { return (random64() >> 40) * 0x1p-24f; }
static float normal(void) { return sqrtf(-2 * logf(uniform() + 1e-9f)) * cosf(6.2831853f * uniform()); }

static void seed(uint64_t n) {
	chance[0] = 0x9E3779B97F4A7C15ull ^ n * 7919, chance[1] = 0xD1B54A32D192ED03ull;
	for (int i = 0; i < 20; i++) random64();
}

static void fill(float *x, int n, float deviation) {
	for (int i = 0; i < n; i++) x[i] = normal() * deviation;
}

// Normal numbers as large as those of orthogonal matrices with gains √2, √2, 0.1 (policy) and 1 (value).
static void initialise(params *p) {
	memset(p, 0, sizeof *p);
	fill((float *)p->w1, OBS * H, sqrtf(2.f / H));
	fill((float *)p->w2, H * H, sqrtf(2.f / H));
	fill((float *)p->w3, 2 * H, 0.1f / sqrtf(H));
	fill(p->w3[VALUE], H, 1 / sqrtf(H));
}

// ---------- CartPole-v1, Gymnasium's, in its float64

typedef struct { double x, v, angle, spin; int steps; } cartpole;
enum ending { RUNNING, TERMINATED, TRUNCATED };

static void reset(cartpole *e) {
	e->x = (uniform() - .5) * .1, e->v = (uniform() - .5) * .1;
	e->angle = (uniform() - .5) * .1, e->spin = (uniform() - .5) * .1;
	e->steps = 0;
}

static enum ending step(cartpole *e, int right) {
	double cosine = cos(e->angle), sine = sin(e->angle);
	double push = ((right ? 10 : -10) + 0.05 * e->spin * e->spin * sine) / 1.1;
	double spin_change = (9.8 * sine - cosine * push) / (0.5 * (4.0 / 3.0 - 0.1 * cosine * cosine / 1.1));
	double speed_change = push - 0.05 * spin_change * cosine / 1.1;
	e->x += 0.02 * e->v, e->v += 0.02 * speed_change;
	e->angle += 0.02 * e->spin, e->spin += 0.02 * spin_change;
	e->steps++;
	const double tilt = 12 * 2 * 3.14159265358979323846 / 360;
	if (e->x < -2.4 || e->x > 2.4 || e->angle < -tilt || e->angle > tilt) return TERMINATED;
	return e->steps == 500 ? TRUNCATED : RUNNING;
}

static void observe(const cartpole *e, float *obs) { obs[0] = e->x, obs[1] = e->v, obs[2] = e->angle, obs[3] = e->spin; }

// ---------- the run

typedef struct {
	int train, keep, until_solved;
	long steps;
	float rate, scale; // Adam's first rate; what a reward is multiplied by
} settings;

typedef struct { // returns of the last 100 episodes
	int last[100];
	long count, total;
} record;

static int solved(record *r, int episode_return) {
	int *slot = &r->last[r->count++ % 100];
	r->total += episode_return - *slot;
	*slot = episode_return;
	return r->count >= 100 && r->total >= 475 * 100;
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

static float value_of(const cartpole *e) {
	float obs[OBS], h1[H] __attribute__((aligned(64))), h2[H] __attribute__((aligned(64))), out[OUT];
	observe(e, obs);
	forward_row(&theta, obs, h1, h2, out);
	return out[VALUE];
}

// GAE(γ .99, λ .95). next[t] is V of what followed step t in its own episode, 0 if nothing did.
static void advantages(float *advantage, float *target, const float *reward, const activations *x, const float *next, const enum ending *end) {
	float trace = 0;
	for (int t = T - 1; t >= 0; t--) {
		float value = x->out[t][VALUE];
		float delta = reward[t] + 0.99f * next[t] - value;
		trace = delta + (end[t] ? 0 : 0.99f * 0.95f * trace);
		advantage[t] = trace;
		target[t] = trace + value;
	}
}

static void run(const settings *s, const char *mode, double start) {
	static activations x, spare;
	float reward[T], next[T], advantage[T], target[T], dout[T][OUT];
	int action[T];
	enum ending end[T];
	record returns = {0};
	cartpole e;
	reset(&e);
	double began = now(), solved_at = 0;
	long steps = 0, updates = 0, solved_steps = 0;
	while (steps < s->steps && !(s->until_solved && solved_steps)) {
		for (int t = 0; t < T; t++) {
			int row = s->keep || !s->train ? t : 0;
			activations *into = s->keep || !s->train ? &x : &spare;
			observe(&e, x.obs[t]);
			forward_row(&theta, x.obs[t], into->h1[row], into->h2[row], into->out[row]);
			const float *out = into->out[row];
			action[t] = uniform() < 1 / (1 + expf(out[0] - out[1]));
			end[t] = step(&e, action[t]);
			reward[t] = s->scale;
			next[t] = end[t] == TRUNCATED && s->train ? value_of(&e) : 0;
			if (end[t] != RUNNING) {
				if (solved(&returns, e.steps) && !solved_steps) solved_steps = steps + t + 1, solved_at = now() - start;
				reset(&e);
			}
		}
		steps += T;
		if (!s->train) continue;
		if (!s->keep) forward_rows(&theta, &x);
		for (int t = 0; t + 1 < T; t++)
			if (end[t] == RUNNING) next[t] = x.out[t + 1][VALUE];
		if (end[T - 1] == RUNNING) next[T - 1] = value_of(&e);
		advantages(advantage, target, reward, &x, next, end);
		loss_gradient(dout, &x, action, advantage, target);
		backward(&theta, &gradient, &x, dout);
		adam(++updates, s->rate * (1 - (float)steps / s->steps));
	}
	double wall = now() - began;
	printf("{\"mode\":\"%s\",\"lanes\":%d,\"env_steps\":%ld,\"updates\":%ld,\"episodes\":%ld,\"wall_s\":%.6f,\"steps_per_s\":%.0f,"
	       "\"train_return_mean_100\":%.2f,\"solved\":%s,\"solved_at_s\":%.6f,\"solved_at_steps\":%ld}\n",
	       mode, LANES, steps, updates, returns.count, wall, steps / wall, returns.total / 100.0, solved_steps ? "true" : "false", solved_at, solved_steps);
}

// ---------- check: the gradient against finite differences of the loss in float64

static double loss_at(const params *p, activations *x, const int *action, const float *advantage, const float *target) {
	forward_rows(p, x);
	double loss = 0;
	for (int r = 0; r < T; r++) {
		const float *o = x->out[r];
		double other = o[1 - action[r]] - o[action[r]], miss = target[r] - o[VALUE];
		loss += (advantage[r] * log1p(exp(other)) + 0.25 * miss * miss) / T;
	}
	return loss;
}

static int check(void) {
	static activations x, row;
	float advantage[T], target[T], dout[T][OUT];
	int action[T];
	for (int r = 0; r < T; r++) {
		for (int i = 0; i < OBS; i++) x.obs[r][i] = normal();
		action[r] = random64() & 1, advantage[r] = normal(), target[r] = 3 * normal();
	}
	forward_rows(&theta, &x);
	for (int r = 0; r < T; r++) {
		forward_row(&theta, x.obs[r], row.h1[r], row.h2[r], row.out[r]);
		for (int o = 0; o < OUT; o++)
			if (!(fabsf(row.out[r][o] - x.out[r][o]) <= 1e-4f)) return fprintf(stderr, "row %d alone: %g, among others: %g\n", r, row.out[r][o], x.out[r][o]), 1;
	}
	loss_gradient(dout, &x, action, advantage, target);
	backward(&theta, &gradient, &x, dout);
	// All of the small layers, some of the large one. Where a unit's kink lies within h the difference is
	// off by a little, so it is the whole that must agree closely, and each element roughly.
	double worst = 0, error = 0, norm = 0;
	for (int i = 0; i < ACTIVE; i += i >= OBS * H && i < ACTIVE - 1000 ? 13 : 1) {
		float *p = (float *)&theta + i, was = *p, h = 5e-4f, g = ((float *)&gradient)[i];
		*p = was + h;
		double above = loss_at(&theta, &x, action, advantage, target);
		*p = was - h;
		double below = loss_at(&theta, &x, action, advantage, target);
		*p = was;
		double difference = fabs((above - below) / (2 * h) - g);
		worst = fmax(worst, difference), error += difference * difference, norm += g * g;
	}
	error = sqrt(error), norm = sqrt(norm);
	printf("{\"mode\":\"check\",\"gradient_norm\":%g,\"error_norm\":%g,\"worst_difference\":%g}\n", norm, error, worst);
	return !(error < 0.01 * norm && worst < 0.01 * norm);
}

int main(int argc, char **argv) {
	double start = getenv("COVEY_BENCH_START") ? 1e-9 * atof(getenv("COVEY_BENCH_START")) : now();
	const char *mode = argc > 1 ? argv[1] : "";
	settings s = {.train = 1, .steps = 400000, .rate = 2e-3f, .scale = 0.02f};
	long n = 1;
	for (int i = 2; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (!strcmp(argv[i], "-until-solved")) s.until_solved = 1;
		else if (!strcmp(argv[i], "-seed")) n = atol(value), i++;
		else if (!strcmp(argv[i], "-steps")) s.steps = atol(value), i++;
		else if (!strcmp(argv[i], "-rate")) s.rate = atof(value), i++;
		else if (!strcmp(argv[i], "-scale")) s.scale = atof(value), i++;
		else return fprintf(stderr, "a3c: what is %s?\n", argv[i]), 2;
	}
	_mm_setcsr(_mm_getcsr() | 0x8040); // moments that fade away become 0, not slow denormals
	seed(n);
	initialise(&theta);
	if (!strcmp(mode, "check")) return check();
	if (!strcmp(mode, "act")) s.train = 0;
	else if (!strcmp(mode, "keep")) s.keep = 1;
	else if (strcmp(mode, "recompute")) return fprintf(stderr, "usage: a3c act|recompute|keep|check [-seed N] [-steps N] [-rate R] [-scale S] [-until-solved]\n"), 2;
	run(&s, mode, start);
	return 0;
}
